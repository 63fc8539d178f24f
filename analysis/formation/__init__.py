"""Formation of companions in discs: a core-accretion and a fragmentation model, and their mixture."""
