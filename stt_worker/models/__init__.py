"""Where weights come from: `python -m stt_worker.models`."""
