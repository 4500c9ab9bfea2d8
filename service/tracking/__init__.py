"""Everything MLflow: the ledger's projection, one experiment per patient pseudonym.

Only ``client`` imports mlflow, and only the worker imports ``client``. What is shown is a pure function of the ledger, so
it may be shown twice, interrupted anywhere, deleted and made again.
"""
