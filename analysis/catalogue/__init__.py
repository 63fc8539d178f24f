"""Reading, correcting and selecting the catalogue."""
