"""Any program as an editor, in its own environment: an old repository takes part unchanged.

It gets its edits in one of three forms:

- `form: folder`. The program is started for each batch, with `{edits}` and `{images}` in its arguments
  replaced by two folders (see `baselines.external.edit_folder`).
- `form: images`. As before, but `{edits}` has a folder of images and one of masks, for programs that know
  no more than those; at another size and with white for the known pixels where they want that.
- `form: lines`. The program is started once for a task and told one edit a line on its standard input;
  it answers on its standard output (see `baselines.external.lines`).

Resumable: a finished image is kept under a name with a hash over everything that the program saw and
over the program's own files, so it is found again after an interruption and not after a change. Each
start has a log of its own in `FOLDER/logs`; what a failed edit was given last stays in `FOLDER/edits`
under its name. Runs at the same time may share a folder, with the same edits too: what a program is
given and where it writes belong to its own start.
"""

from __future__ import annotations

import contextlib
import glob
import secrets
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from baselines.adapters.fitting import fit_batch, fit_images
from baselines.external import demand_trust
from baselines.external.edit_folder import WhiteIs, edit_facts, edit_name, write_edit, write_pair
from baselines.external.lines import Dialogue
from baselines.external.program import Program, hashed_files
from bench.batch import EditBatch
from bench.core.atomic import whole_file
from bench.core.errors import BadInput, EditFailed
from bench.core.identity import record_hash
from bench.core.images import read_image
from bench.core.variables import home_path
from bench.plugins.editors import NEEDS
from bench.scene import UInt8

__all__ = ["Command"]

_PLACES = ("{edits}", "{images}")


class Command:
    """Runs a program on edits, a folder at a time or a line each; it gives images.

    Args:
        command: the program and its arguments; no shell reads it. In the form "folder" with `{edits}`
            and `{images}`.
        folder: where edits, images and logs are kept between runs; it may begin with `~`.
        needs: of "original" and "instances", what the program needs beside the usual.
        timeout: seconds that one start may take, or one answer in the form "lines" (the first one's
            include what the program loads); None = no limit.
        form: how the program gets its edits.
        size: (height, width) of what a program of the form "images" takes and gives: images are scaled
            to it bilinear and back, each side by its own factor. None = as they are.
        mask: what is white in the masks of the form "images".
        trust: agreement to run the program.

    Attributes:
        starts: how often the program was started.

    Raises:
        BadInput: no agreement, no such program, or a placeholder missing from the command.
    """

    needs: frozenset[str] = frozenset()
    anywhere: ClassVar[tuple[str, ...]] = ("folder",)

    def __init__(
        self,
        command: str | Sequence[str],
        folder: str,
        needs: Sequence[str] = (),
        timeout: float | None = None,
        form: Literal["folder", "images", "lines"] = "folder",
        size: tuple[int, int] | None = None,
        mask: WhiteIs = "edit",
        trust: bool = False,
    ) -> None:
        self.command = _words(command, form)
        surplus = set(needs) - (NEEDS - {"references"})
        if surplus:
            raise BadInput(
                f"editor 'command': needs: {sorted(surplus)} cannot be written to a folder"
            )
        if form != "images" and (size is not None or mask != "edit"):
            raise BadInput(
                "editor 'command': size and mask are for `form: images`; leave them out, or set the form"
            )
        if size is not None and min(size) < 8:
            raise BadInput(
                f"editor 'command': size: must be at least 8 pixels, but is {list(size)}"
            )
        if timeout is not None and not timeout > 0:
            raise BadInput(f"editor 'command': timeout: must be above 0 seconds, but is {timeout}")
        demand_trust(trust, "command", f"the program {shlex.join(self.command)!r}")
        if shutil.which(self.command[0]) is None:
            raise BadInput(f"editor 'command': command: no program {self.command[0]!r} here")
        self.folder = home_path(folder, "editor 'command': folder").absolute()
        self.needs = frozenset(needs)
        self.timeout = timeout
        self.form = form
        # YAML gives a list.
        self.size = None if size is None else (size[0], size[1])
        self.mask = mask
        self.starts = 0
        self.identity: dict[str, Any] = {
            "command": self.command,
            "form": form,
            "needs": sorted(needs),
            "files": dict(hashed_files(self.command)),
            **({"size": size and list(size), "mask": mask} if form == "images" else {}),
        }
        self._salt = record_hash(self.identity)
        self._dialogue: Dialogue | None = None
        self._task = ""
        self._refused: dict[str, EditFailed] = {}

    def edit(self, batch: EditBatch) -> Tensor:
        """The program's images, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: the program fails, takes too long or leaves an image out; with the last line
                of its log.
        """
        names = [edit_name(batch, i, self._salt) for i in range(len(batch))]
        # A padded batch has its last edit more than once.
        kept: dict[str, UInt8] = {
            name: image
            for name in dict.fromkeys(names)
            if (image := _read(self._finished(name))) is not None
        }
        waiting = {name: i for i, name in enumerate(names) if name not in kept}
        if self.form == "lines":
            self._ask(batch, waiting)
        elif waiting:
            self._run(batch, waiting)
        kept |= {name: read_image(self._finished(name)) for name in waiting}
        images = np.stack([kept[name] for name in names])
        tensor = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        return tensor.to(batch.masked.device)

    def close(self) -> None:
        """Ends the program where it is still running; the next edit starts it again."""
        if self._dialogue is not None:
            self._dialogue.end()
        self._dialogue = None
        self._refused = {}

    def _run(self, batch: EditBatch, waiting: dict[str, int]) -> None:
        """The forms of folders: one start for all edits that have no image.

        Raises:
            EditFailed: where an image is missing afterwards.
        """
        size = (batch.labels.shape[1], batch.labels.shape[2])
        # What an interrupted start left whole is not made again. It stays: the start may be going on.
        missing = [
            name
            for name in waiting
            if not any(self._keep(name, left, size) for left in self._left(name))
        ]
        if not missing:
            return
        # Some programs empty the folder that they write to.
        first = missing[0]
        own = _own(first)
        edits, out = (self.folder / kind / own for kind in ("edits", "out"))
        out.mkdir(parents=True)
        if self.form == "images":
            wide = batch if self.size is None else fit_batch(batch, self.size)
            for name in missing:
                write_pair(edits, name, wide, waiting[name], self.mask)
        else:
            for name in missing:
                write_edit(edits / name, batch, waiting[name])
        words = [
            word.replace("{edits}", str(edits)).replace("{images}", str(out))
            for word in self.command
        ]
        self.starts += 1
        program = Program(words, self._logs)
        code = program.wait(self.timeout)
        missing = [name for name in missing if not self._take(name, out / f"{name}.png", size)]
        with contextlib.suppress(OSError):  # whatever else the program wrote stays
            out.rmdir()
        if missing:
            there = _instead(out / f"{missing[0]}.png")
            for left in (edits, out):
                _set_aside(left, first)
            how = (
                f"took more than {self.timeout:g} s" if code is None else f"ended with code {code}"
            )
            height, width = self.size or size
            raise program.failed(
                f"{how} and left no whole {width}x{height} image {missing[0]}.png "
                f"({there}; {len(missing)} missing)"
            )
        # Images are kept by now: what still holds a file open there costs none of them.
        for given in (edits, *map(edits.with_name, waiting)):
            shutil.rmtree(given, ignore_errors=True)

    def _ask(self, batch: EditBatch, waiting: dict[str, int]) -> None:
        """The form "lines": one question for each edit that has no image.

        Raises:
            EditFailed: of the first edit that failed, once all are asked. No edit is asked twice, so
                that one which takes too long does so once.
        """
        if self._task != batch.task:
            self.close()
            self._task = batch.task
        for name, i in waiting.items():
            if name not in self._refused:
                try:
                    self._ask_one(batch, i, name)
                except EditFailed as error:
                    self._refused[name] = error
        for name in waiting:
            if name in self._refused:
                raise self._refused[name]

    def _ask_one(self, batch: EditBatch, i: int, name: str) -> None:
        size = (batch.labels.shape[1], batch.labels.shape[2])
        own = _own(name)
        place, result = self.folder / "edits" / own, self.folder / "out" / f"{own}.png"
        write_edit(place, batch, i)
        result.parent.mkdir(parents=True, exist_ok=True)
        planes = {path.stem: str(path) for path in sorted(place.glob("*.png"))}
        facts = {key: v for key, v in edit_facts(batch, i).items() if key != "classes"}
        request = {**facts, **planes, "facts": str(place / "edit.json"), "result": str(result)}
        if self._dialogue is None or self._dialogue.over:
            self.starts += 1
            self._dialogue = Dialogue(self.command, self._logs)
        try:
            answer = self._dialogue.ask(request, self.timeout)
            if not self._take(name, answer, size):
                raise EditFailed(
                    f"program {self.command[0]!r} answered {answer}, which is no whole "
                    f"{size[1]}x{size[0]} image ({_instead(answer)})"
                )
        except EditFailed:
            _set_aside(place, name)
            raise
        for given in (place, place.with_name(name)):
            shutil.rmtree(given, ignore_errors=True)

    def _left(self, name: str) -> list[Path]:
        """What earlier starts wrote as an edit's image and could not hand over."""
        return sorted((self.folder / "out").glob(f"*/{glob.escape(name)}.png"))

    def _take(self, name: str, left: Path, size: tuple[int, int]) -> bool:
        """Keeps what the program has left; what lies in a folder of ours is no longer needed then."""
        kept = self._keep(name, left, size)
        if kept and left.is_relative_to(self.folder / "out"):
            left.unlink(missing_ok=True)
        return kept

    def _keep(self, name: str, left: Path, size: tuple[int, int]) -> bool:
        """Keeps what the program has left where it is a whole image of the right size."""
        image = _read(left)
        if image is None or image.shape[:2] != (self.size or size):
            return False
        if self.size is not None:
            image = _scaled(image, size)
        from PIL import Image

        with whole_file(self._finished(name)) as temporary:
            Image.fromarray(image).save(temporary, format="PNG")
        return True

    def _finished(self, name: str) -> Path:
        return self.folder / "images" / f"{name}.png"

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"


def _own(name: str) -> str:
    """What one start calls what it gives for an edit, and what it gets; no other one calls it so."""
    return f"{name}-{secrets.token_hex(4)}"


def _set_aside(left: Path, name: str) -> None:
    """Calls what a failed start leaves by its edit, in place of what an earlier one left."""
    aside = left.with_name(name)
    shutil.rmtree(aside, ignore_errors=True)
    with contextlib.suppress(OSError):  # it is not there, or another run's fails just now too
        left.rename(aside)


def _read(place: Path) -> UInt8 | None:
    """The image there; None where there is none that can be read whole."""
    try:
        return read_image(place)
    except BadInput:
        return None


def _instead(place: Path) -> str:
    """What lies where an image of another kind is wanted."""
    image = _read(place)
    if image is not None:
        height, width = image.shape[:2]
        return f"it is {width}x{height}"
    if place.exists():
        return "it cannot be read as an image"
    others = sorted(place.parent.glob(f"{glob.escape(place.stem)}.*"))
    return f"it wrote {others[0].name}" if others else "there is none"


def _scaled(image: UInt8, size: tuple[int, int]) -> UInt8:
    """uint8 [h,w,3] brought to (height, width)."""
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    scaled = fit_images(planes, size)[0].round().clamp(0, 255).byte()
    found: UInt8 = scaled.permute(1, 2, 0).numpy()
    return found


def _words(command: str | Sequence[str], form: str) -> list[str]:
    """The command's words, with a place for edits and images where the form has one.

    Raises:
        BadInput: no words, quotes that are not closed, or a place missing or too many.
    """
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise BadInput(f"editor 'command': command: {command!r}: {error}") from None
    # Suites that were written before images had one name say {pictures}.
    words = [word.replace("{pictures}", "{images}") for word in words]
    if not words:
        raise BadInput("editor 'command': command: is empty; write the program and its arguments")
    for place in _PLACES:
        there = any(place in word for word in words)
        if form != "lines" and not there:
            raise BadInput(
                f"editor 'command': command: has no {place}; write where it goes, or `form: lines` "
                "for a program that is told its edits line by line"
            )
        if form == "lines" and there:
            raise BadInput(
                f"editor 'command': command: has {place}, but with `form: lines` the program reads "
                "its edits from standard input; take it out"
            )
    return words
