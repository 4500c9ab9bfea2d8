"""What is observed and what is wanted: scales, side effects, thresholds, the objective. Light (no torch)."""
