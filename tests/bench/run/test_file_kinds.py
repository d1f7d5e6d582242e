"""How files are stored, as Pillow stored them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.images import read_stored
from bench.run.file_kinds import count_kinds, file_kind, kind_notices

GREY = Image.fromarray(np.full((16, 16, 3), 90, np.uint8))


@pytest.mark.parametrize("quality", [1, 10, 50, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_the_one_it_was_written_with(tmp_path: Path, quality: int) -> None:
    GREY.save(tmp_path / "a.jpg", quality=quality)
    assert file_kind(read_stored(tmp_path / "a.jpg")) == f"JPEG quality {quality}"


def test_the_content_counts_and_not_the_ending(tmp_path: Path) -> None:
    GREY.save(tmp_path / "a.jpg", "PNG")
    assert file_kind(read_stored(tmp_path / "a.jpg")) == "PNG"
    GREY.save(tmp_path / "a.png", "JPEG", quality=80)
    assert file_kind(read_stored(tmp_path / "a.png")) == "JPEG quality 80"


def test_a_turned_jpeg_has_its_quality(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    GREY.save(tmp_path / "a.jpg", quality=60, exif=exif)
    assert file_kind(read_stored(tmp_path / "a.jpg")) == "JPEG quality 60"


def test_kinds_are_counted_the_most_frequent_first() -> None:
    assert list(count_kinds(["BMP", "PNG", "PNG"]).items()) == [("PNG", 2), ("BMP", 1)]


def test_files_stored_in_different_ways_are_said() -> None:
    assert kind_notices({"PNG": 3}, {"PNG": 2, "BMP": 1}) == []
    assert kind_notices({"JPEG quality 95": 3}, {"JPEG quality 95": 4}) == []
    [said] = kind_notices({"JPEG quality 95": 3}, {"PNG": 3})
    assert said.startswith("the references are JPEG quality 95 and the results PNG: compression")
    assert kind_notices({"JPEG quality 95": 3}, {"JPEG quality 75": 3})
