"""Groups of commands of ``titrate``, each thin, each importing what it needs when it runs."""
