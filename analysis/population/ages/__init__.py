"""Orbits against the ages of the hosts."""
