"""An editor that kills its process, as running out of memory does."""

import os
import signal
from pathlib import Path
from typing import ClassVar

import torch


class Deadly:
    needs: frozenset[str] = frozenset()
    identity: ClassVar[dict[str, str]] = {}

    def __init__(self, scene: str, folder: str, times: int):
        self.scene, self.folder, self.times = scene, Path(folder), times

    def edit(self, batch):
        died = len(list(self.folder.iterdir()))
        if self.scene in batch.ids and died < self.times:
            (self.folder / str(died)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return torch.zeros_like(batch.masked)
