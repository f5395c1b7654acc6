"""What comes back from the workers: woken by Redis, read from the kept events."""
