"""The line of migrations of the simulator."""
