"""When jobs run: slots, time zones, moments, and the beat of the daemon."""
