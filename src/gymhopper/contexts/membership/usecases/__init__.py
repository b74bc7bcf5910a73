"""What can be done with members, plans and memberships: one verb a module."""
