"""Levels 0, 1 and 2 on identical draws."""
