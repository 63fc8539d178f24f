"""Levels 0 and 1: the Kozai-Lidov criterion and the limiting eccentricity."""
