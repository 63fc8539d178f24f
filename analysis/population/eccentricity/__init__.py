"""Eccentricities on either side of the mass-ratio split."""
