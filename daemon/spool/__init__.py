"""Files in, results out, nothing lost."""
