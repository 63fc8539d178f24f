"""The classifier of origins, and what its skill is worth."""
