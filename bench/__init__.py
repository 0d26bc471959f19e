"""Programs that measure: run from the repository, not installed."""
