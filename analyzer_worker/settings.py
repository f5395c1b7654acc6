"""Settings of the sentiment worker. wta.settings reads those that users may set from the environment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

EMBEDDED_NAME = "embedded"
"""The checkpoint that comes with the project."""


class SentimentSettings(BaseModel):
    """What the sentiment classifier needs to know."""

    model_config = ConfigDict(frozen=True)

    model: str = EMBEDDED_NAME
    """`embedded`, a folder, or a model's id on the Hugging Face hub."""
    revision: str | None = None
    """Revision of a hub's model; None means the pinned one, or else `main`."""
    threads: int = Field(1, ge=1, le=64)
    """Threads that compute."""
    int8: bool = True
    """Whether the embedded checkpoint computes in 8 bits where the processor can, else in float32."""
    hub_timeout_s: float = Field(5.0, gt=0)
    """How long the hub may fail to answer."""
