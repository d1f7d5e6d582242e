"""The server of the page over a folder of runs, for this machine alone.

| request | gives |
| --- | --- |
| / | the page |
| /api/runs | every run: what it is, how far it is |
| /api/scores?run=ID | a run's tables, or the means so far |
| /api/pair?before=ID&after=ID | two runs side by side |
| /run/ID/report/ | its report; made anew, in memory, where the run has none that is as new as its tables |
| /run/ID/edits/..., predictions/..., failures/... | files of the run that the report shows |

ID is the run's path in the folder, percent-encoded; nothing where the folder itself is the run, since a
browser takes a "." out of an address. Nothing is written. It listens at the loopback
address only, answers no request that names another host (so that no page elsewhere can be rebound to
it), and opens no file outside the folders above. An answer that has not changed is not sent again (ETag).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from bench.core.errors import BadInput
from bench.core.http_server import TYPES, QuietHandler, SturdyServer
from bench.core.text import without_folders
from bench.run.layout import EDITS, PREDICTIONS
from bench.run.reader import Run
from reports.page import Images, render, task_views
from reports.view.page import view_page
from reports.view.shelf import Shelf, run_stamp
from reports.view.side_by_side import side_by_side

__all__ = ["ViewServer"]

_SHOWN = frozenset({EDITS, PREDICTIONS, "failures", "report"})
"""The folders of a run whose files are served."""

_PAGE = "index.html"


class ViewServer(SturdyServer):
    """Serves the page; `serve_forever` until `shutdown`.

    Args:
        folder: a folder with runs at any depth; they may come and go.
        port: 0 = any that is free.

    Raises:
        BadInput: no such folder, or a port that is taken.
    """

    def __init__(self, folder: Path | str, port: int = 8765) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise BadInput(f"{self.folder}: there is no such folder; give one that holds runs")
        self.shelf = Shelf(self.folder)
        self.page = view_page(self.folder.resolve().name).encode()
        super().__init__("127.0.0.1", port, _Handler)

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may call this server."""
        port = self.server_address[1]
        return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))


class _Handler(QuietHandler):
    server: ViewServer

    def do_GET(self) -> None:  # noqa: N802 - as the standard library calls it
        """The page, what it asks for, or a file of a run."""
        if self.headers.get("Host") not in self.server.hosts:
            self._say(403, {"error": "this server answers its own machine only"})
            return
        asked = urlsplit(self.path)
        given = {name: values[-1] for name, values in parse_qs(asked.query).items()}
        try:
            if asked.path == "/":
                self._give(self.server.page, TYPES[".html"])
            elif asked.path.startswith("/run/"):
                self._file(asked.path)
            elif (answer := self._answers().get(asked.path)) is not None:
                self._say(200, answer(given))
            else:
                self._say(404, {"error": "there is no such page"})
        except KeyError as error:
            self._say(400, {"error": f"the request lacks {error.args[0]!r}"})
        except BadInput as error:
            self._say(404, {"error": without_folders(str(error))})
        except ConnectionError:
            raise
        except Exception as error:  # the page says so, and the terminal has the traceback
            self._say(500, {"error": f"{type(error).__name__}: {without_folders(str(error))}"})
            raise

    do_HEAD = do_GET  # noqa: N815

    def _answers(self) -> dict[str, Callable[[dict[str, str]], dict[str, Any]]]:
        shelf = self.server.shelf
        return {
            "/api/runs": lambda _: {"runs": shelf.runs()},
            "/api/scores": lambda given: shelf.scores(given["run"]),
            "/api/pair": lambda given: self._pair(given["before"], given["after"]),
        }

    def _pair(self, before: str, after: str) -> dict[str, Any]:
        shelf = self.server.shelf
        runs = shelf.run(before), shelf.run(after)
        stamp = tuple(part for run in runs for part in run_stamp(run))
        return shelf.remembered(("pair", before, after), stamp, lambda: side_by_side(*runs))

    def _file(self, path: str) -> None:
        """A file of a run: "/run/ID/FOLDER/NAME/...", every part percent-encoded."""
        parts = [unquote(part) for part in path.split("/")[2:]]
        if len(parts) == 2 and parts[1] == "report":
            # Without the slash the page's links would lead elsewhere.
            self.send(301, b"", TYPES[".html"], "no-store", Location=f"{quote(path, safe='/%')}/")
            return
        identity = parts[0] or "."
        run = self.server.shelf.run(identity)
        inside = [part or _PAGE for part in parts[1:]]
        if inside == ["report", _PAGE]:
            self._give(self._report(identity, run), TYPES[".html"])
            return
        file = _inside(run.folder, inside)
        if file is None:
            self._say(404, {"error": "the run has no such file"})
            return
        self._give(file.read_bytes(), TYPES[file.suffix])

    def _report(self, identity: str, run: Run) -> bytes:
        written = run.folder / "report" / _PAGE
        tables = run.layout.table("scores")
        both = written.is_file() and tables.is_file()
        if both and written.stat().st_mtime >= tables.stat().st_mtime:
            return written.read_bytes()
        return self.server.shelf.remembered(
            ("report", identity),
            run_stamp(run),
            lambda: render(run, task_views(run), Images(".."), "../").encode(),
        )

    def _say(self, status: int, content: dict[str, Any]) -> None:
        text = json.dumps(content, allow_nan=False).encode()
        if status == 200:
            self._give(text, TYPES[".json"])
        else:
            self.send(status, text, TYPES[".json"], "no-store")

    def _give(self, content: bytes, kind: str) -> None:
        """Sends what was found, or says that the browser has it already.

        A browser asks each time, for images too: a method may be carried out again in the same run.
        """
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if self.headers.get("If-None-Match") == tag:
            self.send(304, b"", kind, "no-cache", ETag=tag)
        else:
            told = {"ETag": tag, "Cross_Origin_Resource_Policy": "same-origin"}
            self.send(200, content, kind, "no-cache", **told)


def _inside(root: Path, parts: list[str]) -> Path | None:
    """A file below one of a run's folders that are shown, or None."""
    if not _SHOWN.intersection(parts[:1]) or any(
        "\0" in part or part in (".", "..") for part in parts
    ):
        return None
    try:
        file = root.joinpath(*parts).resolve()
        allowed = file.is_relative_to((root / parts[0]).resolve()) and file.is_file()
    except (OSError, ValueError):
        return None
    return file if allowed and file.suffix in TYPES else None
