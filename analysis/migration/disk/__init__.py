"""Migration in the disc."""
