"""The business: one package per context, none imports another."""
