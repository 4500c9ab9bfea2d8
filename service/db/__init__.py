"""The database under the ledger: base, engine, migrations. Knows no table of its own."""
