"""The server of a study in a lab: the study's own files, and two addresses that take answers.

| request | does |
| --- | --- |
| GET / and the files of the study | serves them; nothing else of the disk is ever opened |
| POST session | begins, or goes on: gives the rater's sheet, and the answers that are stored |
| POST answers | stores a batch; answers when it is on the disk |

What is not known to the manifest is refused: 400 what is wrong, 403 another site's page, 404 another path,
409 taken, 413 too large, 503 the disk took nothing (the page tries again). Bodies have at most 64 KiB, a
request 20 s, and a hundred are served side by side.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bench.core.documents import parse_json
from bench.core.errors import BadInput, first_fault
from bench.core.http_server import TYPES, QuietHandler, SturdyServer
from bench.study.answers import RATER, SESSION, Answer
from bench.study.manifest import MANIFEST, default_answers, read_manifest
from bench.study.page import LAB, PAGE_FILES, with_answers
from bench.study.store import AnswerStore, NotStored, Taken

__all__ = ["StudyServer"]

BODY_BYTES = 1 << 16


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    study: Annotated[str, StringConstraints(max_length=64)]
    rater: Annotated[str, StringConstraints(pattern=RATER)]
    session: Annotated[str, StringConstraints(pattern=SESSION)]


class _Batch(_Body):
    start: Annotated[int, Field(ge=0, alias="from")]
    answers: Annotated[tuple[Answer, ...], Field(max_length=500)]
    finished: Annotated[str, StringConstraints(max_length=40)] | None = None
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""


_Model = TypeVar("_Model", bound=_Body)


class StudyServer(SturdyServer):
    """Serves a study; `serve_forever` until `shutdown`.

    Args:
        folder: as `make_study` wrote it.
        host: the address to listen at; this machine alone by default.
        port: 0 = any that is free.
        answers: where answers are stored, beside `folder` where None.

    Raises:
        BadInput: no study, answers of another study, an address that cannot be listened at.
    """

    def __init__(
        self, folder: Path, host: str = "127.0.0.1", port: int = 8080, answers: Path | None = None
    ) -> None:
        self.manifest = read_manifest(folder)
        self.answers_folder = default_answers(folder) if answers is None else answers
        if self.answers_folder.resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"{self.answers_folder}: lies in the study's folder; give another one")
        self.store = AnswerStore(self.manifest, self.answers_folder)
        self.files = _served(folder, self.manifest.images())
        super().__init__(host, port, _Handler)


def _served(folder: Path, images: set[str]) -> dict[str, Callable[[], bytes]]:
    """What a GET may have, by its path. Nothing is looked up on the disk by a path that was sent."""

    def page() -> bytes:
        text = (folder / "index.html").read_text(encoding="utf-8")
        return with_answers(text, LAB).encode()

    found: dict[str, Callable[[], bytes]] = {"/": page, "/index.html": page}
    for name in (*PAGE_FILES, MANIFEST, *(f"images/{image}.png" for image in sorted(images))):
        found[f"/{name}"] = (folder / name).read_bytes
    return found


class _Handler(QuietHandler):
    server: StudyServer

    def do_GET(self) -> None:  # noqa: N802 - as the standard library calls it
        """A file of the study."""
        path = urlsplit(self.path).path
        read = self.server.files.get(path)
        if read is None:
            self._say(404, {"error": "there is no such page"})
            return
        try:
            content = read()
        except OSError:
            self._say(404, {"error": "the file is missing"})
            return
        suffix = Path(path).suffix or ".html"
        # Images never change; everything else may, when the study is made again.
        keep = "max-age=86400" if suffix == ".png" else "no-cache"
        self.send(200, content, TYPES[suffix], keep)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:  # noqa: N802
        """A session or answers."""
        answer = {"/session": self._session, "/answers": self._answers}.get(
            urlsplit(self.path).path
        )
        if answer is None:
            self._say(404, {"error": "there is no such page"})
            return
        try:
            self._say(200, answer(self._content()))
        except _TooLarge as error:
            self.close_connection = True
            self._say(413, {"error": str(error)})
        except _Foreign as error:
            self._say(403, {"error": str(error)})
        except NotStored as error:
            sys.stderr.write(f"siebench: {error}\n")
            self._say(503, {"error": "the answers could not be stored; send them again"})
        except Taken as error:
            self._say(409, {"error": str(error)})
        except BadInput as error:
            self._say(400, {"error": str(error)})

    def _session(self, content: Any) -> dict[str, Any]:
        body = self._read(_Body, content)
        sheet = self.server.store.begin(body.rater, body.session)
        answers = [answer.model_dump() for answer in sheet.answers]
        return {"sheet": sheet.sheet, "answers": answers, "finished": sheet.finished}

    def _answers(self, content: Any) -> dict[str, Any]:
        body = self._read(_Batch, content)
        sheet = self.server.store.add(
            body.rater, body.session, body.start, body.answers,
            finished=body.finished, comment=body.comment,
        )  # fmt: skip
        return {"stored": len(sheet.answers), "finished": sheet.finished is not None}

    def _content(self) -> Any:
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            raise _Foreign("answers come from the study's own page")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9:
            raise _TooLarge("the length of the body must be stated")
        if int(length) > BODY_BYTES:
            raise _TooLarge(f"a body has at most {BODY_BYTES} bytes")
        body = self.rfile.read(int(length))
        try:
            return parse_json(body.decode("utf-8"), "body")
        except UnicodeDecodeError:
            raise BadInput("the body is not UTF-8") from None

    def _read(self, model: type[_Model], content: Any) -> _Model:
        try:
            body = model.model_validate(content)
        except ValidationError as error:
            field, why = first_fault(error)
            raise BadInput(f"field {field}: {why}") from None
        if body.study != self.server.manifest.study:
            raise BadInput("these answers belong to another study; load the page again")
        return body

    def _say(self, status: int, content: dict[str, Any]) -> None:
        self.send(status, json.dumps(content).encode(), TYPES[".json"], "no-store")


class _TooLarge(BadInput):
    """A body that is not read."""


class _Foreign(BadInput):
    """A request from another site's page."""
