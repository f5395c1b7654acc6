"""Trains the sentiment checkpoint in analyzer_worker/embedded; docs/sentiment.md has the method and the figures."""
