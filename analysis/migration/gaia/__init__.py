"""What companions in Gaia DR3 say about perturbers."""
