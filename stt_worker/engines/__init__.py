"""Speech engines: one file an engine, and one that chooses. Their interface is stt_worker/engine.py."""
