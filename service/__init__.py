"""Remember what was proposed, decided, applied and reported; ask the optimizer what comes next."""
