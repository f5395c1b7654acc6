"""Makes a model's name of `WHISPER_MODEL=auto`: the largest model that is fast enough on this machine, and fits."""
