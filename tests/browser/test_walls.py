"""The page's folders keep to themselves: eslint.config.js refuses imports over a wall, circles and mistyped names."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.support.processes import ROOT
from tests.support.require import binary, missing

_PAGE = Path("fastapi_service") / "static"
_BROKEN = [
    ("talks/talk-list.js", 'import "../history/talk-saver.js";', "talks/ may import"),
    ("lib/time.js", 'import "../texts/texts.js";', "lib/ may import no other folder"),
    ("server/connection.js", 'import "../transcript/card.js";', "server/ may import lib/"),
    ("page/notices.js", 'import "../main.js";', "page/ may import"),
    ("transcript/card-details.js", 'import "./card.js";', "Dependency cycle"),
    ("sentences/mood.js", 'import { moods } from "./summary.js";\nmoods();', "moods not found"),
    ("lib/dom.js", "forgotten();", "'forgotten' is not defined"),
]
"""A module, a line too many in it, and what the linter says of that."""


def test_the_linter_refuses_what_breaks_a_wall(tmp_path: Path) -> None:
    # Given a copy of the page in which seven modules have a line too many
    npm = binary("npm", "apt-get install nodejs npm")
    if not (ROOT / "node_modules").is_dir():
        missing("eslint", "scripts/setup dev")
    shutil.copytree(ROOT / _PAGE, tmp_path / _PAGE)
    for name in ("package.json", "eslint.config.js"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    for module, line, _ in _BROKEN:
        path = tmp_path / _PAGE / module
        path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")

    # When
    lint = [npm, "run", "--silent", "lint", "--", "--format", "json"]
    found = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True, check=False)

    # Expect
    assert found.returncode != 0
    said = {each["filePath"]: [message["message"] for message in each["messages"]] for each in json.loads(found.stdout)}
    for module, _, complaint in _BROKEN:
        assert any(complaint in message for message in said[str(tmp_path / _PAGE / module)]), module
