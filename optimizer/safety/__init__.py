"""What must not be proposed. ``limits``, ``titration``, ``closure`` and ``doubt`` are light; ``safe_set`` reads the model."""
