"""What axe-core finds on a page."""

from __future__ import annotations

import json

from tests.browser.support.listener_page import ListenerPage
from tests.support.require import module


def violations(page: ListenerPage) -> list[str]:
    """What axe-core finds, in short. The page's own policy forbids foreign scripts, so axe goes in past it."""
    module("axe_playwright_python", "pip install -r requirements-dev.txt")
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page.page).response["violations"]
    return [f"{each['id']}: {json.dumps([node['html'] for node in each['nodes']])}" for each in found]
