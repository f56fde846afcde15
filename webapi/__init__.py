"""HTTP: the only package that knows Flask. One blueprint per resource, one edge for all errors."""
