"""Settings of the speakers' clustering: benchmarks changed them on the tuning speakers; nobody else needs to."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ClusteringSettings(BaseModel):
    """When two voices are one speaker's. docs/speakers.md has the measurements behind it.

    Likeness is the cosine of two voices over the cosine that one speaker's voices of these lengths have on average: 0
    is that of strangers, 1 that of one speaker.
    """

    model_config = ConfigDict(frozen=True)

    same_likeness: float = Field(default=0.6, gt=0, lt=1)
    """From this likeness on, two groups of utterances are one speaker's."""
    known_likeness: float = Field(default=0.5, gt=0, lt=1)
    """From this likeness on, an utterance too short to make a speaker is still a known one's."""
    long_s: float = Field(default=1.0, gt=0)
    """Seconds of speech from which an utterance can make a speaker."""
    longest_s: float = Field(default=2.5, gt=0)
    """Seconds of speech above which an utterance counts no more: the network hears no more of it."""
    remembered: int = Field(default=64, ge=1)
    """How many of the newest utterances may still be corrected."""
