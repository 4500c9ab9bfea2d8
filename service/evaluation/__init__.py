"""The command ``titrate evaluate``: compare policies on synthetic patients, watch, report, show in MLflow."""
