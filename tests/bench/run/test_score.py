"""Scoring a folder of results: pairing, masks, and what is wrong in words."""

from __future__ import annotations

import math
import time
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.core.device_faults import DeviceFailed
from bench.core.errors import BadInput
from bench.core.images import StoredImage, read_stored
from bench.metrics import PerEdit
from bench.run.score import score_folders


class Watched(np.ndarray):
    """An array whose life can be watched."""

    __hash__ = object.__hash__


HOLE = np.zeros((16, 16), bool)
HOLE[4:8, 4:8] = True


def write(folder: Path, stem: str, plane: np.ndarray) -> None:
    folder.mkdir(exist_ok=True)
    Image.fromarray(plane).save(folder / f"{stem}.png")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two pairs that differ by 8 grey levels inside a masked region of 16 pixels, and nowhere else."""
    for stem in ("a", "b"):
        real = np.full((16, 16, 3), 100, np.uint8)
        write(tmp_path / "real", stem, real)
        write(tmp_path / "fake", stem, real + 8 * HOLE[..., None].astype(np.uint8))
        write(tmp_path / "masks", stem, HOLE.astype(np.uint8) * 255)
    return tmp_path


def values(folders: Path, **options) -> dict[str, float | None]:
    found = score_folders(folders / "real", folders / "fake", **options)
    return {one.metric: one.value for one in found if one.of == "all"}


def test_without_masks_only_whole_images_are_scored(folders: Path) -> None:
    assert values(folders, metrics=["l1"]) == {"l1": pytest.approx(8 * 16 / 256)}


def test_with_masks_the_masked_region_is_scored_too(folders: Path) -> None:
    found = values(folders, metrics=["l1", "rmse"], masks=folders / "masks")
    assert found["l1-hole"] == pytest.approx(8)
    assert found["rmse-hole"] == pytest.approx(8)
    assert found["rmse"] == pytest.approx((8 * 8 * 16 / 256) ** 0.5)


def test_results_that_were_saved_as_bgr_are_noticed(folders: Path) -> None:
    for stem in ("a", "b"):
        real = np.full((16, 16, 3), (200, 100, 20), np.uint8)
        write(folders / "real", stem, real)
        write(folders / "fake", stem, real[..., ::-1].copy())
    (said,) = score_folders(folders / "real", folders / "fake", metrics=["l1"]).notices
    assert said.startswith(f"{folders / 'fake'}: red and blue seem exchanged: 2 of 2 results")


def test_a_palette_mask_is_read_by_its_colours(folders: Path) -> None:
    right = values(folders, metrics=["l1", "psnr"], masks=folders / "masks")
    for stem in ("a", "b"):
        mask = Image.frombytes("P", (16, 16), (~HOLE).astype(np.uint8).tobytes())
        mask.putpalette([255] * 3 + [0] * 3)  # white is index 0: indices would swap the two sides
        mask.save(folders / "masks" / f"{stem}.png")
    assert values(folders, metrics=["l1", "psnr"], masks=folders / "masks") == right


def test_pairs_of_many_sizes_are_scored_each_in_its_own(folders: Path) -> None:
    for stem, size in (("c", 24), ("d", 16)):
        grey = np.full((size, size, 3), 50, np.uint8)
        write(folders / "real", stem, grey)
        write(folders / "fake", stem, grey + np.uint8(4))
    found = score_folders(folders / "real", folders / "fake", metrics=["l1"])[0]
    assert found.n == 4
    assert found.value == pytest.approx((0.5 + 0.5 + 4 + 4) / 4)


def test_identical_folders_say_that_the_psnr_is_infinite(folders: Path) -> None:
    found = score_folders(folders / "real", folders / "real", metrics=["psnr", "ssim", "l1"])
    assert [one.value for one in found] == [math.inf, 1, 0]
    assert "infinite" in found[0].reason


def test_one_pair_has_values_but_no_interval(folders: Path) -> None:
    for folder in ("real", "fake"):
        (folders / folder / "b.png").unlink()
    [found] = score_folders(folders / "real", folders / "fake", metrics=["l1"])
    assert found.value == pytest.approx(8 * 16 / 256)
    assert found.n == 1
    assert found.low is None
    assert found.high is None


def test_no_more_images_are_held_than_a_few_groups(folders: Path, monkeypatch) -> None:
    for i in range(200):
        write(folders / "real", f"{i}", np.full((4, 4, 3), i, np.uint8))
        write(folders / "fake", f"{i}", np.full((4, 4, 3), i // 2, np.uint8))
    alive: weakref.WeakSet[Watched] = weakref.WeakSet()
    most = 0

    def watched(path: Path) -> StoredImage:
        nonlocal most
        image = read_stored(path)
        pixels = image.pixels.view(Watched)
        alive.add(pixels)
        most = max(most, len(alive))
        return replace(image, pixels=pixels)

    monkeypatch.setattr("bench.run.pair_images.read_stored", watched)
    score_folders(folders / "real", folders / "fake", metrics=["l1", "psnr", "ssim"])
    assert most < 80


def spoil(folders: Path, what: str) -> None:
    if what == "unpaired":
        (folders / "fake" / "b.png").unlink()
    elif what == "empty":
        for path in (folders / "real").iterdir():
            path.unlink()
    elif what == "size":
        write(folders / "fake", "b", np.zeros((8, 16, 3), np.uint8))
    elif what == "damaged":
        (folders / "fake" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    elif what == "mask":
        write(folders / "masks", "a", np.full((16, 16), 7, np.uint8))
    elif what == "mask missing":
        (folders / "masks" / "a.png").unlink()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("unpaired", r"fake: no image with the stem 'b'"),
        ("empty", r"real: holds no images"),
        ("size", r"b\.png: is 16x8 where its reference is 16x16"),
        ("damaged", r"b\.png"),
        ("mask", r"a\.png: holds grey value 7, but a mask holds 0 and 255 only"),
        ("mask missing", r"masks: no file with the stem 'a'"),
    ],
)
def test_bad_folders_are_one_sentence_that_names_the_file(
    folders: Path, what: str, sentence: str
) -> None:
    spoil(folders, what)
    with pytest.raises(BadInput, match=sentence):
        score_folders(folders / "real", folders / "fake", metrics=["l1"], masks=folders / "masks")


def test_an_unknown_metric_names_the_nearest(folders: Path) -> None:
    with pytest.raises(BadInput, match="did you mean 'psnr'"):
        score_folders(folders / "real", folders / "fake", metrics=["pnsr"])


def test_miou_without_labels_is_a_row_that_says_what_is_needed(folders: Path, monkeypatch) -> None:
    found = score_folders(folders / "real", folders / "fake", metrics=["l1", "miou"])
    rows = {one.metric: one for one in found}
    assert rows["l1"].value is not None
    assert rows["miou"].value is None
    assert rows["miou"].reason


def scored_with_labels(folders: Path, number: int) -> list:
    """Scores beside labels that are all class 0 but for a pixel of class 1 and another one."""
    labels = np.zeros((16, 16), np.int32)
    labels[7, 7] = 1
    labels[3, 5] = number
    (folders / "labels").mkdir(exist_ok=True)
    for stem in ("a", "b"):
        Image.fromarray(labels).save(folders / "labels" / f"{stem}.tif")
    return scored_rooms(folders)


def scored_rooms(folders: Path) -> list:
    return score_folders(
        folders / "real",
        folders / "fake",
        metrics=["miou"],
        labels=folders / "labels",
        segmenter="procedural:procedural-rooms",
    )


@pytest.mark.parametrize("number", [-100, 14, 254])
def test_labels_that_are_no_class_of_the_segmenter_are_refused(folders: Path, number: int) -> None:
    with pytest.raises(BadInput, match=rf"a\.tif: label {number} at row 3, column 5"):
        scored_with_labels(folders, number)


def test_labels_that_no_metric_counts_are_said_to_be_of_no_use(folders: Path) -> None:
    write(folders / "labels", "a", HOLE.astype(np.uint8))
    write(folders / "labels", "b", HOLE.astype(np.uint8))
    real, fake, labels = (folders / name for name in ("real", "fake", "labels"))
    (said,) = score_folders(real, fake, metrics=["l1"], labels=labels).notices
    assert said == f"{labels}: not used; no metric that can be computed counts classes"


def test_masks_in_place_of_labels_are_refused(folders: Path) -> None:
    for stem in ("a", "b"):
        write(folders / "labels", stem, HOLE.astype(np.uint8) * 255)
    with pytest.raises(BadInput, match="labels: every label is 0 or 255, as in masks"):
        scored_rooms(folders)
    write(folders / "labels", "a", HOLE.astype(np.uint8))
    assert scored_rooms(folders)


def test_palette_labels_that_number_their_colours_in_other_ways_are_refused(folders: Path) -> None:
    (folders / "labels").mkdir()
    for stem, palette in (("a", [255, 0, 0, 0, 255, 0]), ("b", [0, 255, 0, 255, 0, 0])):
        labels = Image.frombytes("P", (16, 16), HOLE.astype(np.uint8).tobytes())
        labels.putpalette(palette)
        labels.save(folders / "labels" / f"{stem}.png")
    with pytest.raises(BadInput, match=r"b\.png: shows number 1 in the colour \[255, 0, 0\]"):
        scored_rooms(folders)


def test_void_of_8_and_16_bits_counts_for_nothing(folders: Path) -> None:
    found = [
        [(one.metric, one.value, one.n) for one in scored_with_labels(folders, number)]
        for number in (255, 65535)
    ]
    assert found[0] == found[1]


def test_a_metric_may_be_there_twice_with_other_options(folders: Path) -> None:
    named = {"name": "fd", "options": {"network": "procedural"}}
    crops = {"name": "fd-crop", "options": {"network": "procedural", "size": 16}}
    scores = score_folders(
        folders / "real",
        folders / "fake",
        masks=folders / "masks",
        metrics=["psnr", named, named, crops],
    )
    found = [score.metric for score in scores]
    assert found.count("fd-procedural") == 1
    assert {"psnr", "fd-procedural", "fd-procedural-crop"} <= set(found)
    unpaired = score_folders(
        folders / "real", folders / "fake", metrics=[named, "psnr"], allow_unpaired=True
    )
    assert [score.metric for score in unpaired] == ["fd-procedural", "psnr"]


def test_what_is_no_metric_is_one_sentence(folders: Path) -> None:
    for wrong in (3, {"name": "psnr", "option": {}}):
        with pytest.raises(
            BadInput, match=r"expected a name, or \{name: NAME, options: \{\.\.\.\}\}"
        ):
            score_folders(folders / "real", folders / "fake", metrics=[wrong])  # type: ignore[list-item]


CARD = "cpu:0"
"""A processor that takes an accelerator's ways: several groups at a time, in batches."""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Nineteen pairs of two sizes, drawn."""
    draw = np.random.default_rng(0)
    for i in range(19):
        side = 40 if i < 15 else 56
        real = draw.integers(0, 256, (side, side, 3), dtype=np.uint8)
        noise = draw.integers(-30, 31, real.shape)
        write(tmp_path / "real", f"{i:02}", real)
        write(tmp_path / "fake", f"{i:02}", np.clip(real + noise, 0, 255).astype(np.uint8))
    return tmp_path


@pytest.mark.parametrize("batch_size", [4, 64])
def test_an_accelerator_finds_what_a_cpu_finds_image_by_image(many: Path, batch_size) -> None:
    names = ["psnr", "ssim", "perceptual-procedural", "fd-procedural"]
    found = [
        score_folders(
            many / "real", many / "fake", metrics=names, device=device, batch_size=batch_size
        )
        for device in ("cpu", CARD)
    ]
    here, there = (one.images.set_index("image") for one in found)
    assert list(here.index) == list(there.index)
    assert list(here.columns) == list(there.columns) == ["psnr", "ssim", "perceptual-procedural"]
    assert np.array_equal(here["psnr"], there["psnr"])
    assert np.allclose(here, there, rtol=1e-6)
    assert found[1][-1].value == pytest.approx(found[0][-1].value, rel=1e-4)
    assert found[1].record()["batch_size"] == batch_size
    assert "batch_size" not in found[0].record()


def test_an_accelerator_finds_what_a_cpu_finds_of_sets_without_pairs(many: Path) -> None:
    (many / "fake" / "03.png").unlink()
    here, there = (
        score_folders(
            many / "real",
            many / "fake",
            metrics=["fd-procedural"],
            allow_unpaired=True,
            device=device,
            batch_size=4,
        )[0]
        for device in ("cpu", CARD)
    )
    assert there.value == pytest.approx(here.value, rel=1e-4)
    assert there.n == here.n == 18


class Watching(PerEdit):
    """Sees whether it is asked by two threads at a time, and may want more memory than there is."""

    name = "watching"
    title = "Watching"
    inside = 0
    full = False

    def definition(self):
        return {}

    def measure(self, references, prepared, results):
        if type(self).full:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        type(self).inside += 1
        assert type(self).inside == 1
        time.sleep(0)  # lets other threads go on
        type(self).inside -= 1
        return {self.name: [1.0] * len(references)}


WATCHING = "tests.bench.run.test_score:Watching"


def test_a_metric_from_elsewhere_is_asked_by_one_thread_at_a_time(many: Path) -> None:
    [found] = score_folders(
        many / "real", many / "fake", metrics=[WATCHING], trust=True, device=CARD, batch_size=1
    )
    assert found.value == 1


def test_too_little_memory_is_one_sentence_that_says_what_to_lower(many: Path, monkeypatch) -> None:
    monkeypatch.setattr(Watching, "full", True)
    with pytest.raises(DeviceFailed, match=r"64 images at a time.*too little memory.*--batch-size"):
        score_folders(many / "real", many / "fake", metrics=[WATCHING], trust=True, device=CARD)


def test_a_batch_has_an_image(folders: Path) -> None:
    with pytest.raises(BadInput, match="batch_size is 0; give a number from 1 on"):
        score_folders(folders / "real", folders / "fake", metrics=["l1"], batch_size=0)


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [("removed", "a true answer: the scene without the object"), ("style", "a drawn scene")],
)
def test_a_metric_of_what_folders_do_not_tell_says_what_it_needs(tmp_path, metric, wanted):
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    for side in ("real", "fake", "masks"):
        (tmp_path / side).mkdir()
        for i, image in enumerate(images):
            image = np.full((16, 16), 255, np.uint8) if side == "masks" else image
            Image.fromarray(image).save(tmp_path / side / f"{i}.png")
    found = score_folders(
        tmp_path / "real", tmp_path / "fake", masks=tmp_path / "masks", metrics=[metric]
    )
    assert {score.value for score in found.scores} == {None}
    assert all(wanted in score.reason for score in found.scores)
    assert all(score.reason.endswith("score it in a run") for score in found.scores)
