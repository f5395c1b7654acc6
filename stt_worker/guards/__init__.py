"""Checks that notice a transcript which must not be believed as it is."""
