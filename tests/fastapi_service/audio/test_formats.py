"""There is one list of the kinds of files (audio/formats.py): the page and the documents name what it names."""

from __future__ import annotations

import re

import pytest

from fastapi_service.audio.formats import KINDS
from fastapi_service.openai.schemas import FORM_SCHEMA
from tests.support.processes import ROOT


def test_the_page_takes_every_kind() -> None:
    picker = (ROOT / "fastapi_service/static/files/file-picker.js").read_text(encoding="utf-8")
    found = re.search(r"KNOWN = new RegExp\((.+?)\);", picker, re.DOTALL)
    assert found and set(KINDS) <= set(re.findall(r"[a-z0-9]+", found[1]))


@pytest.mark.parametrize("text", [(ROOT / "docs/openai.md").read_text(encoding="utf-8"), str(FORM_SCHEMA)])
def test_documents_name_every_kind(text: str) -> None:
    assert ", ".join(KINDS) in " ".join(text.split())
