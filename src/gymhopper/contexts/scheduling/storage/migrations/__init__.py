"""The schema `scheduling`, step by step."""
