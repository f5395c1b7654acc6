"""The command line. Each command has a file, and app.py puts them together."""
