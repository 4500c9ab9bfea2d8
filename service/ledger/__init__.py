"""The record: append-only tables, one door to write them, rows into an optimizer History, the outbox."""
