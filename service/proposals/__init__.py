"""Asks, answers and what is decided about them."""
