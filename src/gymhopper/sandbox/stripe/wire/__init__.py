"""How requests and answers travel: forms, errors, keys, expansion."""
