"""Who did what, and who was refused."""
