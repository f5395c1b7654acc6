"""When a transcript must not be believed as it is."""
