"""Whisper's network as this project computes it."""
