"""Where the weights of speech models come from. Command line: `python -m stt_worker.models list|fetch|verify`."""
