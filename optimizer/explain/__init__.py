"""Functions that fill an ``Explanation``: numbers and codes, no prose."""
