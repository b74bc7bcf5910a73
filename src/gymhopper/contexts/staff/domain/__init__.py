"""Employees and their assignments, without any machinery."""
