"""A comparison for people and for other programs: tables as Markdown, one page with figures, every trial as Parquet."""
