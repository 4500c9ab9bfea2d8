"""The device files."""
