"""Who calls: principals, roles, API keys."""
