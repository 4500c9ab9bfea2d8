"""How to choose, under one protocol: the default, the clinic's ladders, and honest baselines."""
