"""The routes of members, plans and memberships."""
