"""What `start` and `test` share where there is nothing but Python; imports nothing of the app."""
