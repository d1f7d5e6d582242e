"""What the project imports is what it says it needs, not what some other package happens to bring."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = {"baselines", "bench", "masks", "reports", "siebench"}
NAMED = {
    "PIL": "pillow",
    "cleanfid": "clean-fid",
    "cv2": "opencv-python-headless",
    "mmseg": "mmsegmentation",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}
"""Modules that are not called as their package."""
PART_OF = {
    "huggingface_hub": "diffusers",
    "markupsafe": "jinja2",
    "mmengine": "mmsegmentation",
    "pydantic_core": "pydantic",
    "triton": "torch",
    "typing_extensions": "pydantic",
}
"""Modules of packages that another one cannot be without: its values are theirs, or it stores in theirs.

PyTorch brings Triton for NVIDIA's cards on Linux alone, and nothing here needs it."""


def imported(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return {name.partition(".")[0] for name in whole | parts}


def test_every_package_that_is_imported_is_declared():
    declared = {
        re.match(r"[\w.-]+", one)[0].lower().replace("-", "_") for one in requires("siebench") or ()
    }
    known = OWN | set(sys.stdlib_module_names)
    undeclared = {
        (module, file.relative_to(ROOT).as_posix())
        for package in sorted(OWN)
        for file in (ROOT / package).rglob("*.py")
        for module in imported(file.read_text(encoding="utf-8")) - known
        if NAMED.get(module, PART_OF.get(module, module)).lower().replace("-", "_") not in declared
    }
    assert undeclared == set()
