"""How values become delimited text: the dialects, and writing in them; for sources and files."""
