"""Level 2 on many triples: integrated by a recipe, frozen, read back and reweighted."""
