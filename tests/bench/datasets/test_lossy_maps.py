"""A label map saved as JPEG has other numbers than were meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.datasets.planes import read_plane


def test_a_jpeg_is_no_label_map(tmp_path: Path) -> None:
    path = tmp_path / "labels.jpg"
    Image.fromarray(np.eye(16, dtype=np.uint8)).save(path)
    with pytest.raises(BadInput, match=r"labels\.jpg: is a JPEG, which changes numbers"):
        read_plane(path)
