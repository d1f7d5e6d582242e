"""What methods did to the known pixels stands beside every run, in no hash and without being asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from bench.run.preservation import preserved
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

GREY = np.full((8, 8, 3), 100, np.uint8)
HALF = np.zeros((8, 8), bool)
HALF[:4] = True


def raw(image: np.ndarray) -> np.ndarray:
    return np.asarray(image, np.float32) / np.float32(127.5) - 1


def test_a_change_by_five_grey_levels_is_a_leak_of_five_and_34_decibels() -> None:
    changed = GREY.astype(float)
    changed[:4] = 255  # the masked region does not count
    changed[4:] += 5
    found = preserved(GREY, raw(changed), HALF)
    assert found["leak"] == pytest.approx(5, abs=1e-4)
    assert found["psnr_known"] == pytest.approx(20 * np.log10(255 / 5))


def test_known_pixels_that_are_given_back_have_an_infinite_psnr() -> None:
    found = preserved(GREY, raw(GREY), HALF)
    assert found["leak"] == pytest.approx(0, abs=1e-4)
    assert found["psnr_known"] == np.inf


def test_values_out_of_range_are_cut_off_as_any_writer_would() -> None:
    white = np.full((8, 8, 3), 255, np.uint8)
    found = preserved(white, np.full((8, 8, 3), 3, np.float32), HALF)
    assert (found["leak"], found["psnr_known"]) == (0, np.inf)


def test_where_nothing_is_known_there_is_no_value() -> None:
    assert preserved(GREY, raw(GREY), np.ones((8, 8), bool)) == {"leak": None, "psnr_known": None}


class Lighter:
    """Gives the image back a little lighter, known pixels and all."""

    needs = frozenset()

    def edit(self, batch):
        return torch.clamp(batch.masked + 0.04, -1, 1)


def run(folder: Path, out: Path, metrics: str = "[l1]"):
    text = suite_text(
        folder,
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        methods="[mean-colour, lighter]",
        metrics=metrics,
    )
    return run_suite(
        parse_suite(text, "made.yaml"), out=out, device="cpu", editors={"lighter": Lighter()}
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rooms")


def values(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(row["method"], row["metric"]): row["value"] for _, row in frame.iterrows()}


def test_every_run_has_it_beside_its_scores(data: Path, tmp_path: Path) -> None:
    outcome = run(data, tmp_path / "run")
    kept = values(outcome.preservation)
    assert kept["mean-colour", "psnr-known"] == np.inf
    assert kept["mean-colour", "leak"] == pytest.approx(0, abs=1e-4)
    # 0.04 of 127.5 grey levels, less where white is reached.
    assert 4.5 < kept["lighter", "leak"] <= 5.1
    assert 33 < kept["lighter", "psnr-known"] < 36
    row = outcome.preservation.set_index(["method", "metric"]).loc[("lighter", "leak")]
    assert row["low"] <= row["value"] <= row["high"]
    assert (row["n"], row["clusters"]) == (5, 5)
    assert set(outcome.scores["metric"]) == {"l1", "l1-hole"}
    assert {column.name for column in outcome.header.metrics} == {"l1", "l1-hole"}


def test_it_is_what_the_metric_leak_says_and_then_stands_among_the_scores(
    data: Path, tmp_path: Path
) -> None:
    kept = values(run(data, tmp_path / "run").preservation)
    asked = run(data, tmp_path / "asked", metrics="[l1, leak]")
    for method in ("mean-colour", "lighter"):
        assert values(asked.scores)[method, "leak"] == kept[method, "leak"]
    assert set(asked.preservation["metric"]) == {"psnr-known"}


def test_results_that_stay_keep_it(data: Path, tmp_path: Path) -> None:
    before = run(data, tmp_path / "run").preservation
    (tmp_path / "run/predictions/rooms-freeform/lighter/scene2.png").unlink()
    after = run(data, tmp_path / "run")
    assert after.carried_out == 1
    pd.testing.assert_frame_equal(after.preservation, before)


def test_a_run_that_was_made_before_it_was_kept_is_read_and_gone_on_with(
    data: Path, tmp_path: Path
) -> None:
    run(data, tmp_path / "run")
    for file in (tmp_path / "run/outputs").rglob("*.parquet"):
        pq.write_table(pq.read_table(file).drop_columns(["leak", "psnr_known"]), file)
    assert read_run(tmp_path / "run").preservation.empty
    (tmp_path / "run/predictions/rooms-freeform/lighter/scene2.png").unlink()
    after = run(data, tmp_path / "run")
    assert after.carried_out == 1
    assert set(after.preservation["n"]) == {1}
    outputs = pd.read_parquet(next((tmp_path / "run/outputs").rglob("*.parquet")))
    assert len(outputs) == 10
