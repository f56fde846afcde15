"""What `start` and `test` share on a machine with nothing but Python; imports nothing of the app."""
