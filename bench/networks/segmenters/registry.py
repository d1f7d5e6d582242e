"""Segmenters by what a suite calls them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from bench.core.errors import BadInput
from bench.networks.segmenters.onnx import OnnxSegmenter
from bench.networks.segmenters.segmenter import Segmenter
from bench.networks.weights import WeightsMissing, weight_folders

__all__ = ["make_segmenter"]


def make_segmenter(
    name: str, device: str = "cpu", folders: Sequence[Path] | None = None
) -> Segmenter:
    """The segmenter of a name; the same object for the same name within a process.

    Args:
        name: "onnx:FILE", "hf:FOLDER", "mmseg:CONFIG,CHECKPOINT" or "procedural:DATASET"; or the
            path or the bare name of an .onnx file, which is then looked for among the weights.
        device: where its network runs (an ONNX network always runs on the CPU).
        folders: where weights are looked for; None = where SIEBENCH_WEIGHTS says.

    Raises:
        WeightsMissing: where a file or a package is not there.
        BadInput: where a file is there and wrong, or the kind is not known.
    """
    return _made(name, device, tuple(weight_folders() if folders is None else folders))


@functools.lru_cache(maxsize=8)
def _made(name: str, device: str, folders: tuple[Path, ...]) -> Segmenter:
    kind, _, rest = name.partition(":")
    if kind == "onnx" and rest:
        return OnnxSegmenter(_located(rest, folders))
    if kind == "hf" and rest:
        from bench.networks.segmenters.hf import HfSegmenter

        return HfSegmenter(rest, device)
    if kind == "mmseg" and rest:
        from bench.networks.segmenters.mmseg import MmsegSegmenter

        config, _, checkpoint = rest.partition(",")
        return MmsegSegmenter(Path(config), Path(checkpoint), device)
    if kind == "procedural" and rest:
        from bench.networks.segmenters.procedural import ProceduralSegmenter

        return ProceduralSegmenter(rest, device, folders)
    if rest and not Path(name).suffix:
        raise BadInput(
            f"segmenter {name!r}: {kind!r} is no kind of segmenter; write onnx:FILE, hf:FOLDER, "
            "mmseg:CONFIG,CHECKPOINT or procedural:DATASET"
        )
    return OnnxSegmenter(_located(name, folders))


def _located(name: str, folders: Sequence[Path]) -> Path:
    """The .onnx file of a path or a bare name."""
    file = name if name.endswith(".onnx") else f"{name}.onnx"
    for path in (Path(file).expanduser(), *(folder / file for folder in folders)):
        if path.is_file():
            return path
    raise WeightsMissing(
        f"the segmenter {name} is not here: put {Path(file).name} and its .json into {folders[0]}"
    )
