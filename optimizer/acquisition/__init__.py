"""Where to look next: a score per candidate, and the search for the best one on the legal grid."""
