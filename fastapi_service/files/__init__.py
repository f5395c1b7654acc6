"""Files: a recording instead of a microphone."""
