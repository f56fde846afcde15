"""Places that versions are delivered to, one kind a file behind one Protocol."""
