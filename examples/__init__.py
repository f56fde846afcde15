"""Ready examples; each says in its README what it shows and how to start it."""
