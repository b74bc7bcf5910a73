"""What an endpoint, its targets and its signatures are, without any machinery."""
