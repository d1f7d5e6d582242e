"""Where everything of a run lies: the one module that spells the paths of a run directory.

    run.json            the resolved suite, versions, commit, hardware, timings, records behind the hashes
    scores.parquet      one row per (task, method, metric, class or all)
    replicates.parquet  one row per score of a whole set: its values without each scene
    rosetta.parquet     what other tools would have said of the same features and counts
    influence.parquet   how much each edit adds to a score of a whole set
    canaries.parquet    the scores of the harness's own images, over all classes
    costs.parquet       one row per (task, method)
    certificate.json    what `siebench certify` found; gone when the run goes on

    samples/TASK/       one Parquet file a shard: one row per (edit, method)
    references/TASK/    the reference side's state, one row per edit, file by file beside the samples
    unmade/TASK/        edits that cannot be made, and scenes that cannot be read
    times/TASK/         what depends on the clock, shard by shard
    outputs/TASK/       range and channels of the raw outputs, one row per (edit, method)
    canaries/TASK/      the harness's own images: per-edit values; checks.json: what was found out

    edits/TASK/EDIT/    original.png, mask.png, target.png; truth.png where it is another image
    predictions/TASK/METHOD/EDIT.png    results
    failures/TASK/METHOD/HASH.txt    tracebacks of failed edits, one file for each distinct one
    printed/TASK/METHOD/SHARD.txt    what an editor printed while its edits succeeded

    claims/             while the run is under way: who carries out what (`bench.run.claims`)

TASK and METHOD are slugs. A shard counts as done when its file in samples/ is there; that file is
written last. A run that is killed and taken up again ends in the same bytes of samples/, predictions/
and scores.parquet; times/, failures/, printed/ and costs.parquet depend on the clock and the machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.core.errors import BadInput

__all__ = [
    "EDITS",
    "PREDICTIONS",
    "EditImage",
    "RunFolder",
    "RunTable",
    "ShardTable",
    "run_folders",
]

RunTable = Literal["scores", "replicates", "rosetta", "influence", "canaries", "costs"]
"""The tables of a whole run."""

ShardTable = Literal["samples", "references", "unmade", "times", "outputs", "canaries"]
"""The tables that are written shard by shard."""

EditImage = Literal["original", "mask", "target", "truth"]
"""The images of an edit: before it, its mask, its target labels, its ground truth."""

EDITS = "edits"
PREDICTIONS = "predictions"

_RECORD = "run.json"


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run.

    Attributes:
        root: the run directory.
    """

    root: Path

    @property
    def record(self) -> Path:
        """run.json."""
        return self.root / _RECORD

    def table(self, table: RunTable) -> Path:
        """A table of the whole run."""
        return self.root / f"{table}.parquet"

    @property
    def certificate(self) -> Path:
        """certificate.json."""
        return self.root / "certificate.json"

    def shard(self, table: ShardTable, task: str, number: int) -> Path:
        """A shard's file of a table."""
        return self.root / table / task / f"{number:05d}.parquet"

    def shards(self, table: ShardTable, task: str) -> list[Path]:
        """The files of a task's table that are there, in plan order; other names are nobody's."""
        files = (self.root / table / task).glob("*.parquet")
        return sorted(file for file in files if file.stem.isdecimal())

    def checks(self, task: str) -> Path:
        """What the canaries found out about the methods of a task."""
        return self.root / "canaries" / task / "checks.json"

    def edit(self, task: str, edit: str) -> Path:
        """The folder of an edit's images."""
        return self.root / EDITS / task / _one_part(edit)

    def edit_image(self, task: str, edit: str, image: EditImage) -> Path:
        """One image of an edit; "truth" is there only where it is not the original."""
        return self.edit(task, edit) / f"{image}.png"

    def predictions(self, task: str, method: str) -> Path:
        """The folder of a method's results."""
        return self.root / PREDICTIONS / task / method

    def prediction(self, task: str, method: str, edit: str) -> Path:
        """A method's result for an edit; the file is missing for a failed edit."""
        return self.predictions(task, method) / f"{_one_part(edit)}.png"

    def failure(self, task: str, method: str, name: str) -> Path:
        """The traceback that the samples table names in its column `failure`."""
        return self.root / "failures" / task / method / _one_part(name)

    def printed(self, task: str, method: str, number: int) -> Path:
        """What a method printed during a shard, where nothing failed."""
        return self.root / "printed" / task / method / f"{number:05d}.txt"

    @property
    def claims(self) -> Path:
        """The folder in which workers tell each other what they carry out; gone when the run is done."""
        return self.root / "claims"

    @property
    def workers(self) -> Path:
        """The folder of the workers' own files, ID.json."""
        return self.claims / "workers"

    @property
    def jobs(self) -> Path:
        """The folder of the logs of jobs that a cluster was given; none of the run's results."""
        return self.root / "jobs"

    def claim(self, task: str, number: int) -> Path:
        """The claim of a shard, without the number of its attempt (`.1`, `.2` ...)."""
        return self.claims / "shards" / task / f"{number:05d}"

    @property
    def tables_claim(self) -> Path:
        """The claim of making the run's tables, without the number of its attempt."""
        return self.claims / "tables"

    def relative(self, path: Path) -> str:
        """A path of this run as a link from its root has it, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def run_folders(folder: Path) -> list[RunFolder]:
    """Every run in a folder, at any depth, sorted by path; what a run itself holds is not searched."""
    found = []
    for place, inside, files in os.walk(folder):
        if _RECORD in files:
            found.append(Path(place))
            inside[:] = [name for name in inside if name not in _OWN]
    return [RunFolder(root) for root in sorted(found)]


_OWN = frozenset(
    {
        "canaries",
        "claims",
        EDITS,
        "failures",
        "jobs",
        "outputs",
        PREDICTIONS,
        "printed",
        "references",
    }
    | {"report", "samples", "times", "unmade"}
)
"""A run's own folders: many thousands of files, and never another run."""


def _one_part(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise BadInput(f"{name!r} is not a file name, so it cannot be looked up in the run")
    return name
