"""The question of a desert between planets and binaries."""
