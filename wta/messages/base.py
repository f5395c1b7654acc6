"""The base class of every message."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

PROTOCOL_VERSION = 1
"""The version of the protocol. It grows when a field changes its meaning or is removed, not when one is added."""


class Message(BaseModel):
    """An immutable message. It ignores unknown fields, so that an older side understands a newer one."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    def to_json(self) -> str:
        """The message as one JSON object. Fields that are None are left out."""
        return self.model_dump_json(exclude_none=True)
