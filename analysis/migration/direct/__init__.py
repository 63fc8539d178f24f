"""Level 3: direct integrations, and how level 2 agrees with them."""
