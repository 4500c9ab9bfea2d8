"""What was applied and what the patient reported."""
