"""How members, plans and memberships are kept in PostgreSQL."""
