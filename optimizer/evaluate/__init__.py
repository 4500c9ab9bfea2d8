"""The only floor that sees everything: policies on synthetic patients, replays of recorded data, metrics.

What is true of a patient or a recording is known here and nowhere below: a policy gets a problem, a history and an ask.
"""
