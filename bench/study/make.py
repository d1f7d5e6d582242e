"""Makes a study from a run: a folder for any static host, and the key that stays at home."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.core.atomic import write_text
from bench.core.errors import BadInput
from bench.core.identity import array_hash, record_hash
from bench.core.images import read_image, read_mask
from bench.core.text import counted
from bench.run.reader import Run, read_run
from bench.study.design import Asked, Sketch, StudyEdit, draw
from bench.study.form import FORMS, QUESTIONS, REAL, SPOILT, Form, Question
from bench.study.images import encoded, outline, spoilt
from bench.study.manifest import (
    Key,
    KeyItem,
    Manifest,
    Screen,
    StudyMethod,
    default_key,
    write_key,
    write_manifest,
)
from bench.study.page import PAGE_FILES, page_html
from bench.study.texts import texts_of

if TYPE_CHECKING:
    from bench.scene import Bool, UInt8

__all__ = ["BEFORE", "MadeStudy", "make_study", "shown_hash", "summary"]

BEFORE = ("auto", "show", "hide")
"""Whether a screen shows the image before the edit; "auto": unless the question is "real"."""

IMAGES = "images"


@dataclass(frozen=True)
class MadeStudy:
    """What was made.

    Attributes:
        folder: the folder to host.
        key: the file to keep.
        manifest: of the study.
        pairs: different pairs (images, sets) that are asked about.
    """

    folder: Path
    key: Path
    manifest: Manifest
    pairs: int


def make_study(
    run: Path | str | Run,
    out: Path | str,
    *,
    methods: Sequence[str],
    question: Question = "better",
    form: Form = "pair",
    ties: bool = False,
    pairs: int = 300,
    per_rater: int = 60,
    raters: int = 50,
    controls: int = 8,
    repeats: int = 4,
    seconds: float | None = None,
    tasks: Sequence[str] | None = None,
    before: Literal["auto", "show", "hide"] = "auto",
    language: str = "en",
    post: str = "",
    seed: int = 0,
    key: Path | str | None = None,
) -> MadeStudy:
    """Draws a study from a run's results and writes its folder.

    One seed draws one study: the same pairs, sides and order. Only the random names differ.

    Args:
        run: the run directory.
        out: the folder to host; new or empty.
        methods: two or more methods of the run (one, for "timed" and "opinion").
        question: "better", "real", "style" or "removed" (of edits that remove an object).
        form: "pair", "pick" (all methods at once), "timed" (real or edited) or "opinion" (1 to 5).
        ties: whether a pair may be a tie.
        pairs: how many different pairs (images, sets) are asked about.
        per_rater: how many of them one rater is asked at most; controls and repeats come on top.
        raters: for how many raters there are sheets; a later one shares a sheet.
        controls: questions a rater whose answer is known: ground truth against a spoilt image.
        repeats: questions a rater that are asked twice, with the sides changed.
        seconds: how long a timed image is shown, 0 = until the answer; 1 where None.
        tasks: of the run; all that fit the question where None.
        before: "show" or "hide" the image before the edit; "auto" shows it unless the question is "real".
        language: "en", "de" or the path of a YAML file with the page's texts.
        post: where the page sends finished answers, an https address; "" = they are downloaded.
        seed: of pairs, sides and order.
        key: the key's file, beside `out` where None.

    Raises:
        BadInput: an unknown name, too few edits, a folder that is not empty, a key inside it.
    """
    run = run if isinstance(run, Run) else read_run(run)
    folder = Path(out)
    _check_choices(form, question, methods, ties, seconds)
    sketch = Sketch(form, pairs, per_rater, raters, controls, repeats, seed)
    key_file = _key_place(folder, key)
    known = tuple(StudyMethod(name=name, title=run.method(name).title) for name in methods)
    sheets = draw(sketch, _edits(run, tasks, question, methods), methods)
    texts = texts_of(language, form, question)
    page = page_html(texts, post)
    around = _around(form, question, before)
    names = _Names()
    screens, items, sheet_names = _screens(sheets, names, around)
    _write_images(run, folder / IMAGES, sheets, names, around)
    made_key = Key(
        secret=names.secret.hex(), form=form, question=question, seed=seed, run=run.header.title,
        shown=shown_hash(run, items.values()), run_folder=str(run.folder.resolve()),
        methods=known, items=items,
    )  # fmt: skip
    manifest = Manifest(
        form=form, ties=ties, seconds=_seconds(form, seconds), texts=texts, screens=screens,
        sheets=sheet_names, key=made_key.hash,
    )  # fmt: skip
    write_key(key_file, made_key)
    _write_page(folder, page)
    # The manifest is last: a folder without it is no study.
    write_manifest(folder, manifest)
    asked = {one.same for sheet in sheets for one in sheet if not one.control}
    return MadeStudy(folder, key_file, manifest, len(asked))


def _check_choices(
    form: Form, question: Question, methods: Sequence[str], ties: bool, seconds: float | None
) -> None:
    if form not in FORMS or question not in QUESTIONS:
        raise BadInput(
            f"form {form!r}, question {question!r}: expected one of {', '.join(FORMS)} and one of "
            f"{', '.join(QUESTIONS)}"
        )
    least = 2 if form in ("pair", "pick") else 1
    if len(set(methods)) < len(methods) or not least <= len(methods) <= 8:
        raise BadInput(f"--methods: a study of form {form} takes {least} to 8 different methods")
    if form == "timed" and question != "real":
        raise BadInput("a timed study asks whether an image is real; give --question real")
    if ties and form != "pair":
        raise BadInput(f"--ties: only pairs can be a tie, and the form is {form}")
    if seconds is not None and form != "timed":
        raise BadInput(f"--seconds: only timed images have a time limit, and the form is {form}")


def _seconds(form: Form, seconds: float | None) -> float:
    if form != "timed":
        return 0.0
    return 1.0 if seconds is None else seconds


def _around(form: Form, question: Question, before: str) -> tuple[str, ...]:
    """What a screen can show beside the images that are judged."""
    if before not in BEFORE:
        raise BadInput(f"--before {before!r}: expected one of {', '.join(BEFORE)}")
    if form == "timed":  # the region would say that the image was edited
        return ()
    shown = before == "show" or (before == "auto" and question != "real")
    return ("region", "before") if shown else ("region",)


def _key_place(folder: Path, key: Path | str | None) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: is not an empty folder; give a new one for the study")
    place = default_key(folder) if key is None else Path(key).resolve()
    if place.is_relative_to(folder.resolve()):
        raise BadInput(f"{place}: lies in the folder to host; the key must not be hosted")
    if place.exists():
        raise BadInput(f"{place}: is there already; a key that is lost makes its answers worthless")
    return place


def _edits(
    run: Run, tasks: Sequence[str] | None, question: Question, methods: Sequence[str]
) -> list[StudyEdit]:
    """The edits of which at least one of the methods has a result, in the run's order."""
    rows = [run.task(name) for name in tasks] if tasks else list(run.header.tasks)
    if question == "removed":
        rows = [row for row in rows if row.operation == "remove"]
        if not rows:
            raise BadInput(
                "--question removed: the run has no task that removes objects; ask another"
            )
    found: list[StudyEdit] = []
    for row in rows:
        samples = run.samples(row.name)
        mine = samples[(samples["status"] == "ok") & samples["method"].isin(list(methods))]
        for (scene, edit), group in mine.groupby(["scene", "edit"], sort=False):
            found.append(StudyEdit(row.name, str(scene), str(edit), frozenset(group["method"])))
    if not found:
        raise BadInput(f"{run.folder}: has no results of {', '.join(methods)}; run the suite first")
    return found


class _Names:
    """Random names: of the same thing always the same, and nothing of it can be read from them."""

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(32)

    def of(self, *parts: object) -> str:
        digest = hmac.new(self.secret, repr(parts).encode(), hashlib.sha256).digest()
        return base64.b32encode(digest)[:16].decode().lower()

    def image(self, edit: StudyEdit, *parts: object) -> str:
        return self.of("image", edit.task, edit.edit, *parts)

    def images(self, one: Asked) -> list[tuple[str, str, int]]:
        """Of a screen's images the name, the method, and which one of the spoilt images it is."""
        found = []
        for at, method in enumerate(one.methods):
            number = one.methods[:at].count(SPOILT) if method == SPOILT else 0
            found.append((self.image(one.edit, method, number, one.control), method, number))
        return found


def _screens(
    sheets: Sequence[Sequence[Asked]], names: _Names, around: Sequence[str]
) -> tuple[dict[str, Screen], dict[str, KeyItem], tuple[tuple[str, ...], ...]]:
    screens: dict[str, Screen] = {}
    items: dict[str, KeyItem] = {}
    listed = []
    for sheet in sheets:
        listed.append([names.of("screen", one.same, one.methods) for one in sheet])
        for name, one in zip(listed[-1], sheet):
            edit = one.edit
            screens[name] = Screen(
                images=tuple(name for name, _, _ in names.images(one)),
                region=names.image(edit, "region") if "region" in around else None,
                before=names.image(edit, "before") if "before" in around else None,
            )
            items[name] = KeyItem(
                task=edit.task, scene=edit.scene, edit=edit.edit, methods=one.methods, right=_right(one)
            )  # fmt: skip
    # By their random names: the order in which they were drawn would tell.
    return dict(sorted(screens.items())), dict(sorted(items.items())), tuple(map(tuple, listed))


def shown_hash(run: Run, items: Iterable[KeyItem]) -> str:
    """The hash of every result that screens show, pixel by pixel: whether a run still has what was judged.

    A run may grow by tasks, scenes, methods and metrics and keeps it.
    """
    shown = sorted(
        {
            (item.task, item.edit, method)
            for item in items
            for method in item.methods
            if method not in (REAL, SPOILT)
        }
    )
    pixels = {
        repr((task, edit, method)): array_hash(read_image(run.prediction(task, method, edit)))
        for task, edit, method in shown
    }
    return record_hash(pixels)


def _right(one: Asked) -> tuple[str, ...]:
    if not one.control:
        return ()
    if one.methods == (SPOILT,):
        return ("edited", "1", "2")
    return ("ABCDEFGH"[one.methods.index(REAL)],)


def _write_page(folder: Path, page: str) -> None:
    for file in PAGE_FILES:
        write_text(folder / file, (files("bench.study.page") / file).read_text(encoding="utf-8"))
    write_text(folder / "index.html", page)


def _write_images(
    run: Run, folder: Path, sheets: Sequence[Sequence[Asked]], names: _Names, around: Sequence[str]
) -> None:
    wanted: dict[StudyEdit, set[Asked]] = {}
    for sheet in sheets:
        for one in sheet:
            wanted.setdefault(one.edit, set()).add(one)
    try:
        folder.mkdir(parents=True)
        for edit, asked in wanted.items():
            pixels = dict(_pixels(run, edit, asked, names, around))
            for name, png in zip(pixels, encoded(list(pixels.values()))):
                # Not each for itself to the disk: without its manifest the folder is no study yet.
                (folder / f"{name}.png").write_bytes(png)
    except OSError as error:
        raise BadInput(
            f"{folder}: cannot be written ({error.strerror}); choose another --out"
        ) from error


def _pixels(
    run: Run, edit: StudyEdit, asked: set[Asked], names: _Names, around: Sequence[str]
) -> Iterator[tuple[str, UInt8]]:
    """Every image that the screens of an edit show, by name."""
    mask: Bool = read_mask(run.edit_image(edit.task, edit.edit, "mask"))
    original = read_image(run.edit_image(edit.task, edit.edit, "original"))
    if "region" in around:
        yield names.image(edit, "region"), outline(mask)
    if "before" in around:
        yield names.image(edit, "before"), original
    for one in asked:
        for name, method, number in names.images(one):
            if method == SPOILT:
                yield name, spoilt(_true(run, edit, original, one), mask, number)
            elif method == REAL:
                yield name, _true(run, edit, original, one)
            else:
                yield name, read_image(run.prediction(edit.task, method, edit.edit))


def _true(run: Run, edit: StudyEdit, original: UInt8, one: Asked) -> UInt8:
    """The image that is right beyond doubt.

    For a control it is the ground truth; of an edit without one a result, for where raters are asked whether
    an object was removed, the original would be wrong. What a timed study calls real is the original,
    which nobody edited.
    """
    if not one.control:
        return original
    truth = run.edit_image(edit.task, edit.edit, "truth")
    if truth.is_file():
        return read_image(truth)
    if run.task(edit.task).operation == "inpaint":
        return original
    return read_image(run.prediction(edit.task, min(edit.methods), edit.edit))


def summary(made: MadeStudy) -> str:
    """Sentences for whoever made it."""
    sheets = made.manifest.sheets
    return "\n".join(
        (
            f"host:  {made.folder} ({counted(len(sheets), 'sheet')} of at most "
            f"{max(map(len, sheets))} screens, {made.pairs} different questions)",
            f"keep:  {made.key} (says which image is whose; do not host it)",
            f"next:  siebench study serve {made.folder}, or copy it to any static host",
        )
    )
