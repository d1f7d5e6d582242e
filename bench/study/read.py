"""Reads a study: the answers, what they say with intervals, and what of the run's scores agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import BadInput
from bench.study.against_metrics import metrics_against_people
from bench.study.answers import AnswerSheet, read_answers
from bench.study.count import count_votes
from bench.study.findings import Findings, RefusedFile, StudyReading
from bench.study.make import shown_hash
from bench.study.manifest import (
    Key,
    Manifest,
    default_answers,
    default_key,
    read_key,
    read_manifest,
)
from bench.study.votes import all_votes, rater_row, votes_of

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["read_sheets", "read_study"]


def read_study(
    folder: Path | str,
    answers: Sequence[Path | str] | Path | str | None = None,
    *,
    key: Path | str | None = None,
    run: Path | str | None = None,
) -> StudyReading:
    """What a study found.

    Args:
        folder: the study, as `make_study` wrote it.
        answers: files of answers, or folders of them; what `study serve` stored beside the study where None.
        key: the study's key, beside the folder where None.
        run: the run, for the metrics; where None it is looked for where it lay, and left out where it is
            gone.

    Raises:
        BadInput: a study, key or run that do not belong together, or no file of answers that counts.
    """
    place = Path(folder)
    manifest = read_manifest(place)
    opened = read_key(default_key(place) if key is None else Path(key), manifest)
    given = default_answers(place) if answers is None else answers
    given = [given] if isinstance(given, (str, Path)) else given
    sheets, refused = read_answers(_files(given), manifest)
    if not any(sheet.answers for sheet in sheets):
        why = f": {refused[0].file}: {refused[0].reason}" if refused else ""
        raise BadInput(f"{place}: no answers that can be counted{why}")
    found, reason = _run(opened, run)
    files = tuple(RefusedFile(file=one.file, reason=one.reason) for one in refused)
    return read_sheets(manifest, opened, sheets, run=found, no_run=reason, refused=files)


def read_sheets(
    manifest: Manifest,
    key: Key,
    sheets: Sequence[AnswerSheet],
    *,
    run: Run | None = None,
    no_run: str = "no run was given",
    refused: tuple[RefusedFile, ...] = (),
) -> StudyReading:
    """What checked answer sheets say."""
    raters = [votes_of(sheet, key) for sheet in sheets]
    rows = tuple(rater_row(one, manifest, key.form) for one in raters)
    titles = {method.name: method.title for method in key.methods}
    everyone = count_votes(all_votes(raters), key.form, titles)
    good = [one for one, row in zip(raters, rows) if not row.careless]
    attentive = None
    if 0 < len(good) < len(raters) and any(one.votes for one in good):
        attentive = count_votes(all_votes(good), key.form, titles)
    votes = all_votes(good if attentive is not None else raters)
    return StudyReading(
        study=manifest.study,
        run=key.run,
        form=key.form,
        question=key.question,
        asked=manifest.texts["question"],
        ties=manifest.ties,
        titles=titles,
        everyone=everyone,
        attentive=attentive,
        changes=() if attentive is None else tuple(_changes(everyone, attentive, titles)),
        raters=rows,
        refused=refused,
        metrics=() if run is None else metrics_against_people(run, votes, key.form, list(titles)),
        metrics_reason=no_run if run is None else "",
    )


def _files(given: Sequence[Path | str]) -> Iterator[Path]:
    for one in map(Path, given):
        if one.is_dir():
            yield from sorted(one.glob("*.json"))
        elif one.exists():
            yield one
        else:
            raise BadInput(
                f"{one}: there are no such answers; `siebench study serve` stores them, or name the "
                "files that raters sent"
            )


def _run(key: Key, given: Path | str | None) -> tuple[Run | None, str]:
    """The study's run; or None, and why."""
    from bench.run.reader import read_run

    try:
        run = read_run(key.run_folder if given is None else given)
    except BadInput:
        if given is not None:
            raise
        return None, "the run is not where it lay when the study was made; give it as --run"
    try:
        same = shown_hash(run, key.items.values()) == key.shown
    except BadInput:  # a task, a method or an image is missing
        same = False
    if same:
        return run, ""
    if given is not None:
        raise BadInput(
            f"{given}: does not hold the results that raters saw; give the study's own run"
        )
    return None, "the run no longer holds the results that raters saw"


def _changes(everyone: Findings, attentive: Findings, titles: dict[str, str]) -> Iterator[str]:
    """What is different without the careless raters, a sentence each."""
    for before, after in zip(everyone.pairs, attentive.pairs):
        if before.verdict != after.verdict:
            names = {"first": titles[before.first], "second": titles[before.second]}
            names["undecided"] = "undecided"
            yield (
                f"{titles[before.first]} against {titles[before.second]}: {names[before.verdict]} with all "
                f"raters, {names[after.verdict]} without those who failed the controls"
            )
