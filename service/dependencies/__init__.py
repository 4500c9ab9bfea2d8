"""What every route is given: the caller, a transaction, one answer per idempotency key. Routes decide nothing."""
