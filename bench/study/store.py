"""Answers on disk, for `study serve`: one file a rater, whole or not at all.

Every batch of answers is checked, joined to those that are there, and the rater's file is written anew:
to a temporary file, fsync, rename, fsync of the folder (`bench.core.atomic`). Only then is the batch
acknowledged, so what a page was told is stored survives the server, the process and the power. A rater's
name belongs to the session that began with it: nobody else's answers are taken under it, and an
answer once stored is never changed. The same batch sent twice is stored once.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from bench.core.atomic import write_json
from bench.core.documents import parse_json, read_text
from bench.core.errors import BadInput
from bench.core.text import now
from bench.study.answers import (
    ANSWERS_BYTES,
    Answer,
    AnswerSheet,
    check_answers,
    parse_answers,
    parse_stored,
)
from bench.study.manifest import Manifest

__all__ = ["AnswerStore", "NotStored", "Taken"]

_MOST_RATERS = 20_000


class Taken(BadInput):
    """A rater's name, or an answer, that another session or another answer has already."""


class NotStored(BadInput):
    """Answers that the disk did not take; whoever sent them must send them again."""


class AnswerStore:
    """The answers of a study in a folder; safe to use from many threads of one process.

    Args:
        manifest: of the study.
        folder: where the files lie; made where it is missing.

    Raises:
        BadInput: a file in it that is no answers of this study.
    """

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        self._manifest, self._folder = manifest, folder
        self._sheets: dict[str, AnswerSheet] = {}
        self._lock = threading.Lock()
        self._writing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"{folder}: cannot be made ({error.strerror}); give another --answers"
            ) from None
        for file in sorted(folder.glob("*.json")):
            content = parse_json(read_text(file, ANSWERS_BYTES), str(file))
            try:
                sheet = parse_stored(content, manifest)
            except BadInput as error:
                raise BadInput(
                    f"{file}: {error}; give another --answers folder, or take the file out of this one"
                ) from None
            self._sheets[sheet.rater.lower()] = sheet

    @property
    def raters(self) -> int:
        """How many raters have begun."""
        return len(self._sheets)

    @property
    def finished(self) -> int:
        """How many of them have answered everything."""
        return sum(sheet.finished is not None for sheet in list(self._sheets.values()))

    def begin(self, rater: str, session: str) -> AnswerSheet:
        """The rater's sheet: the one that was begun, or the one that fewest have.

        Raises:
            Taken: another session has that name, or another server's rater.
            BadInput: a name or a session that cannot be, too many raters.
        """
        # Checked before anything of it is used as a key or a file name.
        fresh = parse_answers(
            {
                "study": self._manifest.study,
                "rater": rater,
                "session": session,
                "sheet": 0,
                "started": now(),
            }
        )
        with self._lock:
            known = self._sheets.get(rater.lower())
            if known is not None:
                return self._mine(known, rater, session)
            if self._file(fresh).exists():  # of a server that was started beside this one
                raise Taken("this name is in use on another server of the study")
            if len(self._sheets) >= _MOST_RATERS:
                raise BadInput(f"the study has {_MOST_RATERS} raters; it takes no more")
            used = Counter(sheet.sheet for sheet in self._sheets.values())
            sheet = min(
                range(len(self._manifest.sheets)), key=lambda number: (used[number], number)
            )
            begun = fresh.model_copy(
                update={"sheet": sheet, "language": self._manifest.texts.get("language", "en")}
            )
            self._sheets[rater.lower()] = begun
        with self._writing[rater.lower()]:
            if self._sheets[rater.lower()] is begun:
                self._write(begun)
        return begun

    def add(
        self,
        rater: str,
        session: str,
        start: int,
        answers: Sequence[Answer],
        *,
        finished: str | None = None,
        comment: str = "",
    ) -> AnswerSheet:
        """Stores a batch and gives what is stored then; it is on the disk when this returns.

        Args:
            rater: who began before.
            session: with which.
            start: the place of the first answer in the sheet.
            answers: from there on.
            finished: when the rater ended, ISO 8601; only with the last answer.
            comment: the rater's words at the end.

        Raises:
            Taken: another session, or other answers than are stored.
            NotStored: the disk did not take it.
            BadInput: anything that the manifest does not know; a gap before `start`.
        """
        if rater.lower() not in self._sheets:
            raise BadInput("this rater has not begun")
        with self._writing[rater.lower()]:
            known = self._mine(self._sheets[rater.lower()], rater, session)
            check_answers(self._manifest, known.sheet, answers, start)
            stored = known.answers
            if start > len(stored):
                raise BadInput(f"answers before number {start} are missing")
            again = len(stored) - start
            if tuple(answers[:again]) != stored[start : start + len(answers)]:
                raise Taken("other answers to these screens are stored already")
            joined = stored + tuple(answers[again:])
            whole = len(joined) == len(self._manifest.sheets[known.sheet])
            if finished is not None and not whole:
                raise BadInput("answers are missing before the end")
            update: dict[str, object] = {"answers": joined}
            if finished is not None and known.finished is None:
                update |= {"finished": finished, "comment": comment}
            later = parse_answers({**known.model_dump(), **update})
            if later != known:
                self._write(later)
                self._sheets[rater.lower()] = later
            return later

    def _mine(self, sheet: AnswerSheet, rater: str, session: str) -> AnswerSheet:
        # Names that differ in their case alone are one file on some systems.
        if sheet.session != session or sheet.rater != rater:
            raise Taken("this name is in use in another session")
        return sheet

    def _file(self, sheet: AnswerSheet) -> Path:
        return self._folder / f"answers-{sheet.rater}.json"

    def _write(self, sheet: AnswerSheet) -> None:
        try:
            write_json(self._file(sheet), sheet.model_dump(mode="json"))
        except BadInput as error:
            raise NotStored(str(error)) from error
