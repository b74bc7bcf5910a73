"""The program for a box at the venue."""
