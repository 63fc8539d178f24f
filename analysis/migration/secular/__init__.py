"""Level 2: octupole-order double-averaged equations with short-range forces and tides."""
