"""Who speaks: the voice of each utterance, and which voices are one speaker's. No part of the pipeline yet."""
