"""Prints, as JSON, the packages that the installed command `wta` and its client import, beside those that it names."""

import ast
import json
import sys
from importlib import import_module, metadata
from pathlib import Path

OURS = "whispertextanalyzer"


def imported(file: Path) -> set[str]:
    """Names of the top-level packages that a module imports."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in names}


for module in ("wta.cli.app", "wta.client", "wta.doctor"):
    import_module(module)
files = {Path(str(module.__file__)) for name, module in sys.modules.items() if name.partition(".")[0] == "wta"}
others = {name for file in files for name in imported(file)} - set(sys.stdlib_module_names) - {"wta"}
distributions = metadata.packages_distributions()
needed = {found.lower() for name in others for found in distributions[name]}
named = {requirement.lower() for requirement in metadata.requires(OURS) or []}
print(json.dumps({"needed": sorted(needed), "named": sorted(named), "files": sorted(map(str, files))}))
