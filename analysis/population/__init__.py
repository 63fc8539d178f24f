"""Statistics of the sample."""
