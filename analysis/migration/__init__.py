"""Migration physics."""
