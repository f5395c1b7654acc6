"""Loads the ledger's Lua scripts from the folder `lua/`."""

from __future__ import annotations

from importlib import resources
from typing import Any

import redis


class Scripts:
    """One callable for each file of `lua/`. Each runs inside Redis as one atomic step, after common.lua."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self.append = self._load("append")
        self.acknowledge = self._load("acknowledge")
        self.resume = self._load("resume")
        self.delete = self._load("delete")
        self.claim = self._load("claim")
        self.renew = self._load("renew")
        self.advance = self._load("advance")
        self.waiting = self._load("waiting")
        self.migrate = self._load("migrate")
        self.retry = self._load("retry")
        self.dismiss = self._load("dismiss")
        self.share = self._load("share")

    def _load(self, name: str) -> Any:
        folder = resources.files("wta.ledger").joinpath("lua")
        parts = (folder.joinpath(f"{part}.lua").read_text(encoding="utf-8") for part in ("common", name))
        return self._client.register_script("\n".join(parts))
