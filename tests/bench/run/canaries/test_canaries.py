"""Every run carries images whose order each metric must know."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from bench.core.errors import BadInput
from bench.edit import Edit, GroundTruth
from bench.metrics import Score, make_metric
from bench.metrics.pixel import PSNR
from bench.plugins.kinds import EDITORS
from bench.run.canaries.checks import read_checks
from bench.run.canaries.images import (
    BLURRED,
    CANARIES,
    JPEG,
    MEAN_COLOUR,
    ORIGINAL,
    SHIFTED,
    SHUFFLED,
    canary_images,
)
from bench.run.canaries.notices import order_notices
from bench.run.layout import RunFolder
from bench.run.prepare import PreparedEdit
from bench.run.schema import RunNotice, all_noticed
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


def prepared(scene: str, image: np.ndarray) -> PreparedEdit:
    mask = np.zeros(image.shape[:2], bool)
    mask[2:6, 2:6] = True
    labels = np.zeros(mask.shape, np.int32)
    edit = Edit(scene, "made", scene, 0, 0, "inpaint", mask, labels, None)
    return PreparedEdit(edit, image, GroundTruth(image))


@pytest.fixture
def edits() -> list[PreparedEdit]:
    random = np.random.Generator(np.random.PCG64(5))
    images = random.integers(0, 256, (3, 12, 16, 3), dtype=np.uint8)
    return [prepared(f"s{i}", image) for i, image in enumerate(images)]


def test_there_is_one_image_of_every_canary_and_edit(edits) -> None:
    made = canary_images(edits)
    assert set(made) == set(CANARIES)
    for images in made.values():
        assert {p.shape for p in images.values()} == {(12, 16, 3)}
        assert {p.dtype for p in images.values()} == {np.dtype(np.uint8)}
        assert set(images) == {0, 1, 2}


def test_the_original_is_untouched_and_the_shifted_one_a_pixel_to_the_right(edits) -> None:
    made = canary_images(edits)
    image = edits[0].original
    np.testing.assert_array_equal(made[ORIGINAL][0], image)
    np.testing.assert_array_equal(made[SHIFTED][0][:, 1:], image[:, :-1])


def test_the_mean_colour_is_one_colour_and_blurring_keeps_it(edits) -> None:
    made = canary_images(edits)
    (colour,) = np.unique(made[MEAN_COLOUR][0].reshape(-1, 3), axis=0)
    mean = edits[0].original.reshape(-1, 3).mean(0)
    assert np.abs(colour - mean).max() <= 0.5
    assert np.abs(made[BLURRED][0].astype(float).std() / edits[0].original.std()) < 0.5


def test_shuffled_pairs_are_of_different_scenes() -> None:
    same = np.zeros((8, 8, 3), np.uint8)
    other = np.full((8, 8, 3), 9, np.uint8)
    made = canary_images([prepared("a", same), prepared("a", same), prepared("b", other)])
    np.testing.assert_array_equal(made[SHUFFLED][0], other)
    np.testing.assert_array_equal(made[SHUFFLED][2], same)
    assert canary_images([prepared("a", same), prepared("a", same)])[SHUFFLED] == {}


def scores(**values: float) -> dict[tuple[str, str], Score]:
    names = {"original": ORIGINAL, "jpeg": JPEG, "mean": MEAN_COLOUR, "shuffled": SHUFFLED}
    return {("psnr", names[k]): Score("psnr", value, n=4) for k, value in values.items()}


def test_a_metric_that_orders_the_canaries_is_left_alone() -> None:
    good = scores(original=float("inf"), jpeg=38.0, mean=14.0, shuffled=11.0)
    assert order_notices("t", [PSNR()], good) == []


def test_a_metric_that_does_not_makes_the_run_suspect() -> None:
    bad = scores(original=40.0, jpeg=12.0, mean=14.0)
    (notice,) = order_notices("t", [PSNR()], bad)
    assert (notice.kind, notice.name) == ("bad", "psnr")
    assert "does not put (JPEG 90) before (mean colour)" in notice.text


def test_what_makes_a_run_suspect_is_told_once_with_its_tasks() -> None:
    found = [
        RunNotice(kind=kind, task=task, what="method", name="m", text=text)
        for kind, task, text in (("bad", "a", "odd"), ("note", "a", "fine"), ("bad", "b", "odd"))
    ]
    assert all_noticed(found, "bad") == ("odd (a, b)",)


def test_one_that_gives_everything_the_same_value_is_found_too() -> None:
    flat = scores(original=1.0, jpeg=1.0, mean=1.0)
    assert len(order_notices("t", [PSNR()], flat)) == 3


def test_a_metric_of_something_else_than_likeness_is_not_asked() -> None:
    class Seam(PSNR):
        orders_canaries = False

    assert order_notices("t", [Seam()], scores(original=1.0, jpeg=2.0)) == []


@pytest.mark.parametrize("name", ["psnr", "l1", "rmse", "ssim", "ssim-sesame", "ssim-sean"])
def test_the_shipped_metrics_order_the_canaries_of_a_run(name, tmp_path: Path) -> None:
    assert make_metric(name).orders_canaries
    header, _ = carried_out(tmp_path, metrics=f"[{name}]", methods="[diffusion]")
    assert header["notices"] == []


def carried_out(tmp_path: Path, **changes: str):
    data = write_data(tmp_path / "rooms")
    suite = parse_suite(suite_text(data, **changes), "made.yaml")
    run_suite(suite, out=tmp_path / "run", device="cpu", workers=1)
    header = json.loads((tmp_path / "run" / "run.json").read_text())
    return header, pd.read_parquet(tmp_path / "run" / "canaries.parquet")


def test_a_run_keeps_the_canaries_beside_its_scores(tmp_path: Path) -> None:
    header, canaries = carried_out(tmp_path)
    values = canaries[canaries["task"] == "rooms-freeform"].set_index(["metric", "method"])["value"]
    assert values["l1", ORIGINAL] == 0
    assert values["l1", JPEG] < values["l1", MEAN_COLOUR] < values["l1", SHUFFLED]
    scored = pd.read_parquet(tmp_path / "run" / "scores.parquet")
    assert not set(scored["method"]) & set(CANARIES)
    assert "bad" not in {notice["kind"] for notice in header["notices"]}


def test_the_oracle_is_named_as_the_original_and_as_one_that_sees(tmp_path: Path) -> None:
    header, _ = carried_out(
        tmp_path, methods="[copy]", tasks="[{dataset: rooms, protocol: freeform@1}]"
    )
    assert [(notice["kind"], notice["text"]) for notice in header["notices"]] == [
        ("note", "copy gives (original): its results are a canary, not an edit of its own"),
        ("note", "copy depends on the hidden pixels"),
    ]


def test_the_canaries_repeat_their_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        carried_out(tmp_path / name)
        files = sorted((tmp_path / name / "run").glob("canaries/**/*"))
        found.append([hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()])
    assert len(found[0]) == 4
    assert found[0] == found[1]


class Restless:
    """Paints noise of its own that no key repeats."""

    needs: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.calls = 0

    def edit(self, batch):
        self.calls += 1
        return torch.full_like(batch.masked, (self.calls % 7) / 7)


class Peeking:
    """Asks for the image and lets a little of it through."""

    needs = frozenset({"original"})

    def edit(self, batch):
        return batch.original * 0.3


@pytest.fixture
def plugins():
    with EDITORS.offering({"restless": Restless, "peeking": Peeking}):
        yield


def test_an_editor_that_does_not_repeat_itself_is_found(plugins, tmp_path: Path) -> None:
    header, _ = carried_out(tmp_path, methods="[restless]")
    kinds = {(notice["kind"], notice["name"]) for notice in header["notices"]}
    assert kinds == {("bad", "restless")}
    assert "again" in header["notices"][0]["text"]


def test_an_editor_that_lets_hidden_pixels_through_is_found(plugins, tmp_path: Path) -> None:
    header, _ = carried_out(tmp_path, methods="[peeking]")
    assert {notice["text"] for notice in header["notices"]} == {
        "peeking depends on the hidden pixels"
    }


@pytest.mark.parametrize("text", ["[]", '"x"', '{"equals": "abc", "hidden": {}}', '{"equals": {}}'])
def test_a_damaged_file_of_checks_is_named(tmp_path: Path, text: str) -> None:
    folder = RunFolder(tmp_path)
    folder.checks("task").parent.mkdir(parents=True)
    folder.checks("task").write_text(text)
    with pytest.raises(BadInput, match=r"checks\.json: is damaged"):
        read_checks(folder, "task")
