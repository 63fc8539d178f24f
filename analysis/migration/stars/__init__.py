"""Radii and tidal quality of stars, brown dwarfs and giant planets with age."""
