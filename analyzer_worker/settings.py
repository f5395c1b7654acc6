"""Settings of the sentiment stage; wta.settings fills them from the environment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_MODEL = "distilbert-base-uncased-finetuned-sst-2-english"


class SentimentSettings(BaseModel):
    """What the sentiment worker needs to know."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(DEFAULT_MODEL, description="a folder, a hub id, or `embedded`")
    revision: str | None = Field(None, description="revision of a hub model; empty: the pinned one, or main")
    threads: int = Field(1, ge=1, le=64, description="compute threads")
    int8: bool = Field(True, description="8-bit matrices for the embedded checkpoint, where torch can (x86)")
    hub_timeout_s: float = Field(5.0, gt=0, description="how long the hub may fail to answer")
