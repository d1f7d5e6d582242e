"""Which files are pairs, and what is said of those that are not."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.pairs import find_pairs


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_pairs_share_subfolder_and_stem(tmp_path: Path) -> None:
    touch(tmp_path, "real/day/a.jpg", "real/night/a.jpg", "real/b.JPG")
    touch(tmp_path, "fake/night/a.png", "fake/day/a.PNG", "fake/b.png", "fake/._b.png")
    pairs, notices = find_pairs(tmp_path / "real", tmp_path / "fake")
    assert [(p.stem, p.real.name, p.fake.relative_to(tmp_path).as_posix()) for p in pairs] == [
        ("b", "b.JPG", "fake/b.png"),
        ("day/a", "a.jpg", "fake/day/a.PNG"),
        ("night/a", "a.jpg", "fake/night/a.png"),
    ]
    assert notices == ()


def test_composed_and_decomposed_names_are_pairs(tmp_path: Path) -> None:
    name = "Zürich-Ångström"
    for folder, form in (("real", "NFC"), ("fake", "NFD"), ("masks", "NFD")):
        touch(tmp_path, f"{folder}/{unicodedata.normalize(form, name)}.png")
    [pair], _ = find_pairs(tmp_path / "real", tmp_path / "fake", tmp_path / "masks")
    assert pair.stem == name
    assert pair.fake.stem != pair.real.stem


def test_dot_files_shift_no_pair(tmp_path: Path) -> None:
    for folder in ("real", "fake", "masks"):
        touch(tmp_path, *(f"{folder}/{i:02}.PNG" for i in range(3)))
    touch(tmp_path, "masks/._00.png", "masks/.01.png")
    pairs, notices = find_pairs(tmp_path / "real", tmp_path / "fake", tmp_path / "masks")
    assert [(pair.stem, pair.mask.name) for pair in pairs if pair.mask] == [
        ("00", "00.PNG"),
        ("01", "01.PNG"),
        ("02", "02.PNG"),
    ]
    assert notices == ()


def test_files_left_over_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.png", "fake/a.png", "masks/a.png")
    touch(tmp_path, *(f"masks/{stem}.png" for stem in "bcde"), "fake/a.npy")
    _, notices = find_pairs(tmp_path / "real", tmp_path / "fake", tmp_path / "masks")
    assert notices == (
        f"{tmp_path / 'fake'}: 1 file not read, no image: 'a.npy'",
        f"{tmp_path / 'masks'}: 4 files left over, of no pair: 'b', 'c', 'd' (and 1 more)",
    )


def test_images_alone_on_both_sides_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.png", "real/b.png", "fake/a.png", "fake/day/b.png")
    with pytest.raises(BadInput) as caught:
        find_pairs(tmp_path / "real", tmp_path / "fake")
    assert str(caught.value).startswith(
        f"{tmp_path / 'fake'}: no image with the stem 'b'; "
        f"{tmp_path / 'real'}: no image with the stem 'day/b'; pairs share a stem"
    )


def test_a_folder_inside_another_is_no_part_of_it(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "fake/a.png", "masks/a.png")
    [pair], notices = find_pairs(tmp_path, tmp_path / "fake", tmp_path / "masks")
    assert (pair.real, pair.fake) == (tmp_path / "a.png", tmp_path / "fake" / "a.png")
    assert notices == ()
