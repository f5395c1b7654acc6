"""Deepgram's streaming interface. docs/deepgram.md describes it."""
