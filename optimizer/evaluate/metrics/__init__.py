"""What a policy was worth, what it cost and whether its predictions held, from traces alone."""
