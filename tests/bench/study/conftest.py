"""Studies made from a small run, and raters who answer them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.study.answers import Answer, AnswerSheet
from bench.study.make import MadeStudy, make_study
from bench.study.manifest import Key, Manifest, read_key
from tests.reports.made_run import make_run

METHODS = ["diffusion", "nearest", "mean-colour"]
WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty edits of four methods on three tasks, 48 pixels a side; the second task removes objects."""
    return make_run(tmp_path_factory.mktemp("study") / "run", edits=20, methods=4, size=48)


@pytest.fixture(scope="session")
def study(run: Path) -> MadeStudy:
    """Pairs of three methods with ties: 36 pairs, 12 a rater, six raters, five controls, two repeats."""
    return make_study(
        run,
        run.parent / "pairs",
        methods=METHODS,
        ties=True,
        pairs=36,
        per_rater=12,
        raters=6,
        controls=5,
        repeats=2,
    )


@pytest.fixture(scope="session")
def key(study: MadeStudy) -> Key:
    return read_key(study.key, study.manifest)


def answered(
    manifest: Manifest,
    key: Key,
    number: int,
    *,
    rater: str | None = None,
    careless: bool = False,
    order: tuple[str, ...] = ("diffusion", "nearest", "mean-colour"),
) -> AnswerSheet:
    """A rater's whole sheet. Who looks prefers what stands first in `order` in four of five cases."""
    random = np.random.default_rng(number)
    sheet = number % len(manifest.sheets)
    answers = []
    for screen in manifest.sheets[sheet]:
        item, choices = key.items[screen], manifest.choices(screen)
        if careless:
            choice = choices[int(random.integers(len(choices)))]
        elif item.right:
            choice = next(one for one in item.right if one in choices)
        elif len(item.methods) > 1:
            best = min(item.methods, key=order.index)
            sided = "ABCDEFGH"[item.methods.index(best)]
            others = [one for one in choices if one != sided]
            choice = sided if random.random() < 0.8 else others[int(random.integers(len(others)))]
        elif manifest.form == "timed":
            fooled = item.methods[0] not in order or random.random() < 0.6 - 0.2 * order.index(
                item.methods[0]
            )
            choice = "real" if fooled else "edited"
        else:
            grade = 4 - order.index(item.methods[0]) + int(random.integers(-1, 2))
            choice = str(min(5, max(1, grade)))
        answers.append(Answer(screen=screen, choice=choice, ms=int(random.integers(400, 4000))))
    return AnswerSheet(
        study=manifest.study,
        rater=rater or f"rater-{number}",
        sheet=sheet,
        session=f"{number:032x}",
        started=WHEN,
        finished=WHEN,
        answers=tuple(answers),
    )


def written(folder: Path, sheet: AnswerSheet, name: str | None = None) -> Path:
    """The sheet as a file, as the page gives it to its rater."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name or sheet.rater}.json"
    file.write_text(sheet.model_dump_json(), encoding="utf-8")
    return file
