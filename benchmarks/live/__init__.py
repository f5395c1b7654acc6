"""Measures whole services with speakers in real time, and what a socket costs the web service."""
