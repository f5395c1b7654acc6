"""The base of every message."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

PROTOCOL_VERSION = 1
"""Grows when a field changes its meaning or goes. A new optional field does not count."""


class Message(BaseModel):
    """Immutable; unknown fields are ignored, so that an older side understands a newer one."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    def to_json(self) -> str:
        return self.model_dump_json(exclude_none=True)
