"""What keeps the house running: batches and workers."""
