"""Deepgram's streaming interface, whole: docs/deepgram.md."""
