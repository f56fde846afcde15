"""The formats of dataset files: what each needs of the source, and the writers."""
