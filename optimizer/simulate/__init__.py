"""Synthetic patients, after section 7 of the physiology notes the design rests on.

Light (numpy only), and blind: nothing here may import models, safety, acquisition or policies, so that no optimiser is
tested on its own assumptions. Numbers live in the files of ``presets/`` with a source and an evidence tag. What a patient
answers is in ``patient``; what is true of a patient is in ``truth``, for the arena alone.
"""
