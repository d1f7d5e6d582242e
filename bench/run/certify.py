"""A part of a run carried out and scored again in other circumstances: which numbers are exact.

The first scenes are carried out once more in another process, with another batch size, another number of
threads and workers, and the methods in reverse order. What then differs is what circumstances move.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from bench.core.atomic import write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput
from bench.core.images import read_image
from bench.core.text import counted, now
from bench.run.portable import whole_suite
from bench.run.reader import Run, read_run
from bench.run.verify import unlike_samples

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Certificate", "Deviation", "certify", "read_certificate"]

PIXELS = "result (grey levels)"
"""The name under which deviations of the results themselves are listed."""


class Deviation(BaseModel):
    """The largest deviation of a method in one per-edit value, or in the results' pixels.

    `edits` is how many edits were compared; `largest` is null where one side alone has a value.
    """

    model_config = ConfigDict(frozen=True)

    task: str
    method: str
    metric: str
    edits: int
    largest: float | None

    @property
    def exact(self) -> bool:
        """Whether no edit deviates at all."""
        return self.largest == 0


class Certificate(BaseModel):
    """What was carried out again, how, and what it showed."""

    model_config = ConfigDict(frozen=True)

    made: str
    limit: int
    batch_size: int
    threads: int
    workers: int
    deviations: tuple[Deviation, ...]


def certify(
    path: Path | str,
    *,
    limit: int = 32,
    data: Mapping[str, Path] | None = None,
    device: str = "auto",
    trust: bool = False,
    suite: Path | str | None = None,
) -> Certificate:
    """Carries out the first scenes of a run again, compares, and writes `certificate.json` into it.

    Args:
        path: a finished run.
        limit: at most this many scenes a dataset.
        data: folders by the suite's dataset names.
        device: "auto", "cpu", "cuda" ...; the run's own kind, or everything may differ.
        trust: whether foreign code may be run.
        suite: the suite's file. A run keeps no folder of the machine that made it: the suite's file
            has its absolute paths, and its other paths count from where it lies. Where None, paths
            count from the working folder.

    Raises:
        BadInput: the run has not ended, its suite or data is not here, its scores are not those of its
            samples, or none of its results was carried out again.
    """
    import torch

    from bench.run.suite_run import run_suite

    run = read_run(path)
    if run.header.state == "running":
        raise BadInput(f"{path}: is not finished; carry it out first, then certify it")
    if not any((run.samples(task.name)["status"] == "ok").any() for task in run.header.tasks):
        raise BadInput(
            f"{path}: has no result to compare; its report says why its edits failed: mend that, carry "
            "the run out again, then certify it"
        )
    changed = next(unlike_samples(run), None)
    if changed is not None:
        raise BadInput(
            f"{path}: {changed}; `siebench verify` names all such scores, `siebench reduce` makes them from "
            "the samples"
        )
    made = whole_suite(run.folder, run.header.suite, suite, data or {})
    made = made.model_copy(update={"methods": tuple(reversed(made.methods))}).read_from(made.home)
    batch_size = 1 if made.batch_size > 1 else 2
    before = torch.get_num_threads()
    threads, workers = (2 if before == 1 else 1), 3
    torch.set_num_threads(threads)
    try:
        with tempfile.TemporaryDirectory(prefix="siebench-certify-") as folder:
            again = run_suite(
                made,
                out=Path(folder) / "run",
                data=data,
                limit=limit,
                device=device,
                batch_size=batch_size,
                workers=workers,
                trust=trust,
            )
            deviations = tuple(_deviations(run, again))
    finally:
        torch.set_num_threads(before)
    if not deviations:
        raise BadInput(
            f"{path}: no edit of the first {counted(limit, 'scene')} has a result both there and when it "
            "is carried out again; give a larger --limit, and all weights that the run had"
        )
    certificate = Certificate(
        made=now(),
        limit=limit,
        batch_size=batch_size,
        threads=threads,
        workers=workers,
        deviations=deviations,
    )
    write_json(run.layout.certificate, certificate.model_dump(mode="json"))
    return certificate


def read_certificate(run: Run) -> Certificate | None:
    """The run's certificate, or None where it has none.

    Raises:
        BadInput: a damaged file.
    """
    file = run.layout.certificate
    if not file.is_file():
        return None
    try:
        return Certificate.model_validate(read_json(file))
    except ValidationError as error:
        raise BadInput(f"{file}: is no certificate; run `siebench certify` again") from error


def _deviations(run: Run, again: Run) -> Iterator[Deviation]:
    for task in run.header.tasks:
        first, second = run.samples(task.name), again.samples(task.name)
        if first.empty or second.empty:
            continue
        metrics = [
            one.name for one in run.header.metrics if one.name in first and one.name in second
        ]
        both = first[first["status"] == "ok"].merge(
            second[second["status"] == "ok"], on=["method", "edit"], suffixes=("", " again")
        )
        for method in run.header.methods:
            own = both[both["method"] == method.name]
            if own.empty:
                continue
            pixels = [_pixels(run, again, task.name, method.name, edit) for edit in own["edit"]]
            yield Deviation(
                task=task.name,
                method=method.name,
                metric=PIXELS,
                edits=len(own),
                largest=max(pixels),
            )
            for metric in metrics:
                yield Deviation(
                    task=task.name,
                    method=method.name,
                    metric=metric,
                    edits=len(own),
                    largest=_largest(own[metric], own[f"{metric} again"]),
                )


def _pixels(run: Run, again: Run, task: str, method: str, edit: str) -> float:
    one, two = (read_image(side.prediction(task, method, edit)) for side in (run, again))
    return float(np.abs(one.astype(np.int16) - two).max())


def _largest(first: pd.Series, second: pd.Series) -> float | None:
    one, two = first.to_numpy(float), second.to_numpy(float)
    same = (one == two) | (np.isnan(one) & np.isnan(two))
    apart = np.abs(one[~same] - two[~same])
    if not len(apart):
        return 0.0
    return float(apart.max()) if np.isfinite(apart).all() else None
