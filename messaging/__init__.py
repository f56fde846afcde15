"""Messages to people: what they say in both languages, and the ways they go. Knows no tables."""
