"""Any program as an editor: a folder of edits in, a folder of images out.

So an old repository with an old PyTorch takes part unchanged, in its own environment. The program is
started once for each batch that has edits without an image, with `{edits}` and `{pictures}` in its
arguments replaced by two folders (see `baselines.external.edit_folder`). Resumable: a finished
image is kept under a name with a hash over everything the program saw, so it is found again after
an interruption and not after a change. Images which an interrupted program left whole count too.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from baselines.external.edit_folder import edit_name, write_edit
from baselines.external.trust import demand_trust
from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed
from bench.core.images import read_image
from bench.plugins.editors import NEEDS

__all__ = ["Command"]

_SHOWN_LINES = 12


class Command:
    """Runs a program on a folder of edits; it leaves a folder of images.

    Args:
        command: the program and its arguments, with `{edits}` and `{pictures}`; no shell reads it.
        folder: where edits, images and the log are kept between runs.
        needs: of "original" and "instances", what the program needs beside the usual.
        timeout: seconds that one start may take; None = no limit.
        trust: agreement to run the program.

    Raises:
        BadInput: no agreement, no such program, or a placeholder missing from the command.
    """

    needs: frozenset[str] = frozenset()

    def __init__(
        self,
        command: str | Sequence[str],
        folder: str,
        needs: Sequence[str] = (),
        timeout: float | None = None,
        trust: bool = False,
    ) -> None:
        self.command = shlex.split(command) if isinstance(command, str) else list(command)
        for place in ("{edits}", "{pictures}"):
            if not any(place in word for word in self.command):
                raise BadInput(f"editor 'command': command: has no {place}; write where it goes")
        surplus = set(needs) - (NEEDS - {"references"})
        if surplus:
            raise BadInput(
                f"editor 'command': needs: {sorted(surplus)} cannot be written to a folder"
            )
        demand_trust(trust, "command", f"the program {shlex.join(self.command)!r}")
        if shutil.which(self.command[0]) is None:
            raise BadInput(f"editor 'command': command: no program {self.command[0]!r} here")
        self.folder = Path(folder).absolute()
        self.needs = frozenset(needs)
        self.timeout = timeout
        self.identity: dict[str, Any] = {"command": self.command, "needs": sorted(needs)}

    def edit(self, batch: EditBatch) -> Tensor:
        """The program's images, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: the program fails, takes too long or leaves an image out; with its last words.
        """
        names = [edit_name(batch, i, shlex.join(self.command)) for i in range(len(batch))]
        size = (batch.labels.shape[1], batch.labels.shape[2])
        self._collect(names, size)
        waiting = [i for i, name in enumerate(names) if not self._finished(name).exists()]
        trouble = self._run(batch, names, waiting) if waiting else None
        self._collect(names, size)
        missing = [name for name in names if not self._finished(name).exists()]
        if missing:
            raise EditFailed(
                f"program {self.command[0]!r} {trouble or 'ended well'} but left no whole "
                f"{size[1]}x{size[0]} image {missing[0]}.png ({len(missing)} missing); "
                f"{self._last_words()}"
            )
        images = np.stack([read_image(self._finished(name)) for name in names])
        tensor = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        return tensor.to(batch.masked.device)

    def _run(self, batch: EditBatch, names: list[str], waiting: list[int]) -> str | None:
        """Starts the program; gives what went wrong with it, or None."""
        edits = self.folder / "edits"
        shutil.rmtree(edits, ignore_errors=True)
        for i in waiting:
            write_edit(edits / names[i], batch, i)
        self._out.mkdir(parents=True, exist_ok=True)
        places = {"{edits}": str(edits), "{pictures}": str(self._out)}
        words = [_filled(word, places) for word in self.command]
        with self._log.open("wb") as log:
            try:
                done = subprocess.run(
                    words, stdout=log, stderr=log, timeout=self.timeout, check=False
                )
            except subprocess.TimeoutExpired:
                return f"took more than {self.timeout:g} s"
            except OSError as error:
                return f"could not be started ({error.strerror})"
        return f"ended with code {done.returncode}" if done.returncode else None

    def _collect(self, names: list[str], size: tuple[int, int]) -> None:
        """Keeps the whole images of the right size that the program has left."""
        for name in names:
            left = self._out / f"{name}.png"
            if not left.exists():
                continue
            try:
                whole = read_image(left).shape[:2] == size
            except BadInput:
                whole = False
            if whole:
                self._finished(name).parent.mkdir(parents=True, exist_ok=True)
                left.replace(self._finished(name))
            else:
                left.unlink()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        if not lines:
            return f"its log {self._log} is empty"
        return "\n".join((f"the end of its log {self._log}:", *lines[-_SHOWN_LINES:]))

    def _finished(self, name: str) -> Path:
        return self.folder / "pictures" / f"{name}.png"

    @property
    def _out(self) -> Path:
        return self.folder / "out"

    @property
    def _log(self) -> Path:
        return self.folder / "log.txt"


def _filled(word: str, places: dict[str, str]) -> str:
    for place, path in places.items():
        word = word.replace(place, path)
    return word
