"""A recording instead of a microphone."""
