"""Two databases kept in step every ten minutes, with columns filled by a small service."""
