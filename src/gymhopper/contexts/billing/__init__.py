"""What is owed and paid for memberships, and the payment providers that collect it."""
