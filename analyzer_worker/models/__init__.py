"""Where the weights of sentiment models come from. Command line: `python -m analyzer_worker.models list|fetch|verify`."""
