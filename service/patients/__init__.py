"""The people, by pseudonym only."""
