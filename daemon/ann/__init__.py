"""The trained networks at run time (LiteRT)."""
