"""The site of documents: built strictly, whole, searchable, and without a link that leads nowhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.processes import ROOT

_SITE = ROOT / ".run" / "site"
_REFERENCE = re.compile(r"""(?:href|src)=(?:"([^"#?]+)[^"]*"|([^\s>"#?]+))""")


@pytest.fixture(scope="module")
def pages() -> dict[Path, str]:
    """Every page of the site as it is made now."""
    built = subprocess.run([sys.executable, "scripts/site.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    return {page: page.read_text(encoding="utf-8") for page in _SITE.rglob("*.html")}


def test_every_document_has_a_page_and_every_important_one_is_in_the_menu(pages: dict[Path, str]) -> None:
    for document in (ROOT / "docs").rglob("*.md"):
        name = "index.html" if document.name == "README.md" else f"{document.stem}.html"
        assert _SITE / document.parent.relative_to(ROOT) / name in pages
    missing = [
        document.name
        for document in (ROOT / "docs").glob("*.md")
        if f"docs/{document.stem}.html" not in pages[_SITE / "index.html"]
    ]
    assert missing == [], "add them to mkdocs.yml"


def test_the_links_of_the_site_lead_somewhere(pages: dict[Path, str]) -> None:
    for page, html in pages.items():
        if page.name == "404.html":  # its links begin at the root of whatever server shows it
            continue
        for quoted, bare in _REFERENCE.findall(html):
            link = unquote(quoted or bare)
            if not re.match(r"[a-z]+:", link):
                assert (page.parent / link).exists(), f"{page.relative_to(_SITE)}: {link}"


def test_the_site_fetches_nothing_from_other_hosts(pages: dict[Path, str]) -> None:
    fetched = re.compile(r"""<(?:script|img|iframe)[^>]*src="?https?:|<link[^>]*rel="?stylesheet"?[^>]*https?:""")
    assert [page for page, html in pages.items() if fetched.search(html)] == []


def test_the_search_knows_the_documents(pages: dict[Path, str]) -> None:
    index = json.loads((_SITE / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].partition("#")[0] for entry in index["docs"] if "WTA_DRAIN_S" in entry["text"]}
    assert {"docs/deploy.html", "docs/configuration.html", "CHANGELOG.html"} <= found
