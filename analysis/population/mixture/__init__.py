"""Groups of companions in mass ratio and semi-major axis."""
