"""Simulators that ship with the product."""
