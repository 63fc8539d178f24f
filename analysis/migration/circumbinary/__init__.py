"""Migration around a pair of stars."""
