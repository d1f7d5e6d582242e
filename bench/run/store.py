"""The run directory: where everything lies, and tables written whole or not at all.

    run.json          the resolved suite, versions, commit, hardware, timings
    samples/TASK/     one Parquet file a shard: one row per (edit, method)
    references/TASK/  the reference side's state, one row per edit, file by file beside the samples
    unmade/TASK/      edits that cannot be made, and scenes that cannot be read
    times/TASK/       what depends on the clock, shard by shard
    canaries/TASK/    the harness's own pictures: per-edit values, and what was found of the methods
    scores.parquet    one row per (task, method, metric, class or all)
    canaries.parquet  the same of the canaries, over all classes
    replicates.parquet  one row per score of a whole set: its values without each scene
    rosetta.parquet   what other tools would have said of the same features and counts
    influence.parquet  how much each edit adds to a score of a whole set
    costs.parquet     one row per (task, method)
    edits/TASK/EDIT/  original.png, mask.png, target.png, truth.png where it is another picture
    predictions/TASK/METHOD/EDIT.png

A shard counts as done when its file in samples/ is there; that file is written last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.atomic import whole_file
from bench.scene import LabelSpace, UInt8

__all__ = ["RunFolder", "write_labels", "write_image", "write_table"]


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run."""

    root: Path

    @property
    def record(self) -> Path:
        """run.json."""
        return self.root / "run.json"

    @property
    def scores(self) -> Path:
        """scores.parquet."""
        return self.root / "scores.parquet"

    @property
    def canaries(self) -> Path:
        """canaries.parquet."""
        return self.root / "canaries.parquet"

    @property
    def costs(self) -> Path:
        """costs.parquet."""
        return self.root / "costs.parquet"

    def table(self, kind: str, task: str, shard: str) -> Path:
        """A shard's file in samples/, references/, unmade/ or times/."""
        return self.root / kind / task / shard

    def edit(self, task: str, edit: str) -> Path:
        """The folder of an edit's pictures."""
        return self.root / "edits" / task / edit

    def prediction(self, task: str, method: str, edit: str) -> Path:
        """A method's result for an edit."""
        return self.root / "predictions" / task / method / f"{edit}.png"


def write_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Writes a Parquet file: text, numbers, and lists of numbers for states.

    A list column takes its type from its arrays (float32 features, int64 counts). The same columns
    give the same bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: _array(values) for name, values in columns.items()})
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _array(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    first = next((value for value in values if value is not None), None)
    if isinstance(first, (np.ndarray, list, tuple)):
        kind = pa.from_numpy_dtype(np.asarray(first).dtype)
        plain = [None if v is None else np.asarray(v).tolist() for v in values]
        return pa.array(plain, type=pa.list_(kind))
    if isinstance(first, (float, np.floating)):
        return pa.array([None if v is None else float(v) for v in values], type=pa.float64())
    return pa.array(list(values))


def write_image(path: Path, picture: UInt8) -> None:
    """Writes uint8 [H,W,3] (RGB) or [H,W] (grey) as PNG."""
    from PIL import Image

    _save(path, Image.fromarray(picture))


def write_labels(path: Path, labels: np.ndarray, space: LabelSpace) -> None:
    """Writes a label map as a PNG that is exact and shows its colours: index = label + 1, 0 = void.

    Above 255 classes a palette has no room, and the file is 16-bit grey instead.
    """
    from PIL import Image

    index = labels + 1
    if len(space) > 255:
        _save(path, Image.fromarray(index.astype(np.uint16)))
        return
    image = Image.fromarray(index.astype(np.uint8), mode="P")
    image.putpalette([0, 0, 0, *(part for colour in space.palette for part in colour)])
    _save(path, image)


def _save(path: Path, image: Any) -> None:
    with whole_file(path) as temporary:
        image.save(temporary, format="PNG", compress_level=1)
