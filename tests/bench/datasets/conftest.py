import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def real_data() -> Path:
    """The folder of real labelled images, where SIEBENCH_DATA names one."""
    value = os.environ.get("SIEBENCH_DATA")
    if not value:
        pytest.skip("SIEBENCH_DATA is not set: no real labelled images here")
    return Path(value)


class Written:
    """A small labelled folder being written: images 8x6 whose label map says where what is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def image(self, stem: str, size=(8, 6), suffix=".png") -> Path:
        height, width = size
        ramp = np.arange(height * width * 3, dtype=np.uint32) * 255 // (height * width * 3)
        return self._save("images", stem + suffix, ramp.astype(np.uint8).reshape(height, width, 3))

    def labels(self, stem: str, values) -> Path:
        return self._save("labels", f"{stem}.png", np.asarray(values))

    def instances(self, stem: str, values) -> Path:
        return self._save("instances", f"{stem}.png", np.asarray(values))

    def _save(self, folder: str, name: str, values) -> Path:
        path = self.root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(path)
        return path


@pytest.fixture
def written(tmp_path) -> Written:
    return Written(tmp_path / "data")
