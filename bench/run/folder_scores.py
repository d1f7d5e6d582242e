"""The scores of a folder, and how they are written: as JSON with what they stand on, as CSV by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bench.core.atomic import json_number
from bench.core.errors import BadInput
from bench.core.identity import Record, file_hash, record_hash
from bench.metrics import Score, ScoreInfo
from bench.run.cross_check import CrossCheck, cross_check
from bench.run.environment import versions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FolderScores", "plain_row"]

Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FolderScores(Sequence[Score]):
    """The scores of a folder, in order: a list of `Score` that knows where they come from.

    Attributes:
        scores: the scores, metric by metric.
        infos: the facts of each score, by its name.
        files: (real, fake) of each pair; empty where the folders are no pairs.
        device: where networks ran.
        batch_size: how many images they saw at a time, where that was an accelerator.
        folders: the folders by their part: "real", "fake", and "masks" and "labels" where given.
        inputs: the files of each folder that were read, by stem.
        kinds: how many of the references ("real") and results ("fake") are stored in which way.
        images: one row per pair with `image` (its stem) and the value of every score that is a mean
            of the images' values, in the column of its name; no row where there are no pairs.
        protocols: what each score stands on, by its name: the readable side of its hash.
        notices: what may mislead, a sentence each: files left over, inverted masks, ...
    """

    scores: tuple[Score, ...]
    infos: Mapping[str, ScoreInfo]
    files: tuple[tuple[Path, Path], ...]
    device: str
    batch_size: int
    folders: Mapping[str, Path]
    inputs: Mapping[str, Mapping[str, Path]]
    kinds: Mapping[str, Mapping[str, int]]
    images: pd.DataFrame
    left_out: Mapping[tuple[str, str], tuple[tuple[str, ...], Float64]]
    protocols: Mapping[str, Record]
    notices: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, at: int) -> Score: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Score, ...]: ...

    def __getitem__(self, at: int | slice) -> Score | tuple[Score, ...]:
        return self.scores[at]

    def cross_check(self) -> list[CrossCheck]:
        """What the reference libraries say of the same files with the same weights.

        One row for each score of the whole image and library; nothing is downloaded.

        Raises:
            BadInput: where the folders are no pairs.
        """
        if not self.files:
            raise BadInput(
                "the reference libraries are asked about pairs; leave out one of the two"
            )
        whole = [
            score
            for score in self.scores
            if score.of == "all"
            and (score.metric not in self.infos or self.infos[score.metric].region == "image")
        ]
        return cross_check(self.files, whole, device=self.device)

    def record(self) -> dict[str, Any]:
        """The scores as strict JSON takes them, with everything that they stand on.

        JSON has no infinity: it is written as the text "inf" ("-inf"), which `float` reads.
        """
        hashes = {name: record_hash(record) for name, record in self.protocols.items()}
        scores = [{**asdict(one), "protocol": hashes.get(one.metric)} for one in self.scores]
        return {
            "scores": [plain_row(one) for one in scores],
            "paired": bool(self.files),
            "inputs": {
                part: {
                    "folder": self.folders[part].resolve().name,
                    "files": len(files),
                    "sha256": _content(files),
                    **({"kinds": dict(self.kinds[part])} if part in self.kinds else {}),
                }
                for part, files in self.inputs.items()
            },
            "protocols": {hashes[name]: dict(record) for name, record in self.protocols.items()},
            "notices": [self._without_place(notice) for notice in self.notices],
            "device": self.device,
            **({} if self.device == "cpu" else {"batch_size": self.batch_size}),
            "versions": versions(),
        }

    def _without_place(self, notice: str) -> str:
        """A notice that names the folder which it is of as the record does: without where that lies."""
        for folder in self.folders.values():
            if notice.startswith(f"{folder}: "):
                return f"{folder.resolve().name}{notice.removeprefix(str(folder))}"
        return notice

    def table(self) -> str:
        """Every pair's values as CSV: image, its two files, and a column for each score.

        An infinite value is "inf", a missing one an empty field.
        """
        images = self.images
        for side, column in (("real", "reference"), ("fake", "result")):
            files, folder = self.inputs[side], self.folders[side]
            names = [files[stem].relative_to(folder).as_posix() for stem in images["image"]]
            images = images.assign(**{column: names})
        first = ["image", "reference", "result"]
        ordered = images[[*first, *(name for name in images if name not in first)]]
        return str(ordered.to_csv(index=False, lineterminator="\n"))


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as strict JSON takes it: infinity as text, "inf"; what is no number as None."""
    return {
        name: json_number(value) if isinstance(value, float) else value
        for name, value in row.items()
    }


def _content(files: Mapping[str, Path]) -> str:
    """SHA-256 over stems and contents, whatever the folder is called."""
    return record_hash({stem: file_hash(path) for stem, path in files.items()})
