"""Where the weights of sentiment models come from: `python -m analyzer_worker.models list|fetch|verify`."""
