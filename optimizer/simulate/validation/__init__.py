"""Do the synthetic patients look like the published ones? The table of section 8 of the physiology notes, run again."""
