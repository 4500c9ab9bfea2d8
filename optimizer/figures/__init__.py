"""Pictures: plain values in, matplotlib figures out. Light (no torch)."""
