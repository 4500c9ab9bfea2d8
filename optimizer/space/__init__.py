"""What may be programmed: parameters on device grids, configurations, pulse physics, limits, devices.

Imports nothing above ``optimizer.canonical`` and ``optimizer.errors``; light (no torch).
"""
