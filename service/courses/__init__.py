"""A course: one patient under one problem."""
