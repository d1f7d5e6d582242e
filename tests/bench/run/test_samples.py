"""The main job on real pictures, where the private folders are there."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from bench.run.suite_run import run_suite
from bench.suite.schema import TaskEntry, load_suite

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (os.environ.get("SIEBENCH_DATA") and os.environ.get("SIEBENCH_WEIGHTS")),
        reason="SIEBENCH_DATA and SIEBENCH_WEIGHTS do not name the private folders",
    ),
]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    out: Path = tmp_path_factory.mktemp("samples") / "run"
    suite = load_suite("samples")
    faces_and_streets = ["cityscapes", "celebamask_hq"]
    tasks = [
        TaskEntry(dataset=list(suite.datasets), protocol="freeform@1"),
        TaskEntry(dataset=faces_and_streets, protocol="outpainting@1"),
        TaskEntry(dataset="coco_stuff", protocol="object-remove@1"),
    ]
    some = suite.model_copy(update={"tasks": tasks})
    outcome = run_suite(some, out=out, limit=1, device="cpu", workers=1)
    assert outcome.failed == 0
    return pd.read_parquet(out / "scores.parquet")


def test_every_dataset_has_real_lpips_for_every_method(scores: pd.DataFrame) -> None:
    rows = scores[(scores["metric"] == "lpips-alex") & scores["task"].str.endswith("-freeform")]
    assert rows["task"].nunique() == 5
    assert set(rows["method"]) >= {"copy", "mean-colour", "nearest", "diffusion"}
    assert rows["value"].notna().all()
    assert (rows.loc[rows["method"] == "copy", "value"] == 0).all()
    assert (rows.loc[rows["method"] == "mean-colour", "value"] > 0.01).all()


@pytest.mark.parametrize("dataset", ["cityscapes", "celebamask_hq"])
def test_segmentation_sees_more_in_real_pictures_than_in_filled_ones(
    scores: pd.DataFrame, dataset: str
) -> None:
    rows = scores[(scores["task"] == f"{dataset}-outpainting") & (scores["of"] == "all")]
    accuracy = rows[rows["metric"] == "accuracy"].set_index("method")["value"]
    assert accuracy["(real)"] == accuracy["copy"]
    assert accuracy["(real)"] > accuracy["mean-colour"]
    assert 0 < rows.loc[rows["metric"] == "miou", "value"].min() < 1


def test_fid_without_its_network_is_a_row_with_address_and_place(scores: pd.DataFrame) -> None:
    rows = scores[scores["metric"] == "fid"]
    assert rows["value"].isna().all()
    assert rows["reason"].str.contains("pt_inception-2015-12-05-6726825d.pth").all()
