"""The speech engines, a file each, and the function that creates one. Their interface is stt_worker/engine.py."""
