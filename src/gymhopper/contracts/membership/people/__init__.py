"""What others may ask about people, without learning who they are."""
