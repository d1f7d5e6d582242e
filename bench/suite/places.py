"""Where the paths of a suite, or of a training's configuration, lead: they count from its file's folder.

Before, they counted from the working folder. What is only there is still found, with a notice.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.plugins.kinds import NETWORKS, SEGMENTERS

__all__ = ["beside", "network_beside", "segmenter_beside"]

_NOTED: set[str] = set()


def beside(written: str, home: Path | None, *, by_name: bool = False) -> str:
    """The path that a suite means.

    Args:
        written: as the suite has it: absolute, beginning with `~`, or relative; parts with `{braces}`
            are filled in later.
        home: the folder of the suite's file; None for a suite without one, whose paths count from the
            working folder.
        by_name: whether it may be the name of something that is found elsewhere (weights), and so
            stays as it is where nothing of it lies beside the suite.

    Returns:
        An absolute path as it is; a relative one from the working folder, or absolute where it leads out
        of that.
    """
    if not written:
        return written
    try:
        path, here = Path(written).expanduser(), Path.cwd()
        there = here if home is None else (here / home).resolve()
        if path.is_absolute() or there == here:
            return str(path) if written.startswith("~") else written
        meant = Path(os.path.normpath(there / path))
        if not _named(meant).exists():
            if _named(path).exists():
                _note(written, there)
                return written
            if by_name:
                return written
    except (OSError, RuntimeError, ValueError):  # no such user, or what can be no path
        return written
    return str(meant.relative_to(here) if meant.is_relative_to(here) else meant)


def segmenter_beside(name: str, home: Path | None) -> str:
    """A segmenter's name with the files in it as `beside` finds them.

    Args:
        name: a file, KIND:FILE, KIND:FILE,FILE or module:attribute:FILE; without its .onnx too.
        home: as in `beside`.
    """
    kind, argument = SEGMENTERS.split(name)
    if ":" not in name and kind not in SEGMENTERS.names():
        kind, argument = "onnx", name
    front = name.removesuffix(argument)
    if kind == "onnx" and not argument.endswith(".onnx") and Path(argument).name != argument:
        argument += ".onnx"
    # Names of a dataset and of a file among the weights, whatever lies beside the suite under them.
    elif kind == "procedural" or (kind == "onnx" and not argument.endswith(".onnx")):
        return name
    found = [beside(file, home, by_name=True) for file in argument.split(",")]
    return f"{front}{','.join(found)}"


def network_beside(text: str, home: Path | None) -> str:
    """A feature network's name with the folder behind its colon as `beside` finds it.

    Args:
        text: NETWORK:FOLDER ("clip:weights/clip") or module:attribute:FOLDER; any other text stays as it
            is.
        home: as in `beside`.
    """
    _, folder = NETWORKS.split(text)
    return f"{text.removesuffix(folder)}{beside(folder, home, by_name=True)}"


def _named(path: Path) -> Path:
    """The path as far as nothing in it is filled in later."""
    plain = next((i for i, part in enumerate(path.parts) if "{" in part), len(path.parts))
    return path if path.exists() else Path(*path.parts[:plain])


def _note(written: str, home: Path) -> None:
    if written in _NOTED:
        return
    _NOTED.add(written)
    sys.stderr.write(
        f"siebench: note: {written} was found in the working folder; paths in a file count from its own "
        f"folder, so move it into {home}, or write the path from there\n"
    )
