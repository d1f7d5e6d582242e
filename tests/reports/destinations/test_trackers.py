"""MLflow on a local SQLite store, and W&B offline: read back by the libraries themselves."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.core.errors import BadInput, Unavailable
from bench.run.reader import read_run
from reports.destinations import export_to


@pytest.mark.parametrize(("name", "word"), [("mlflow", "MLflow"), ("wandb", "Weights & Biases")])
def test_a_library_that_is_not_here_is_named(kept: Path, monkeypatch, name: str, word: str):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(Unavailable, match=f"{word} is not installed: `pip install {name}`"):
        export_to(kept, name)  # type: ignore[arg-type]


@pytest.mark.integration
@pytest.mark.slow
def test_mlflow_has_a_run_for_each_method_with_scores_costs_and_gallery(kept: Path, tmp_path: Path):
    mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed")
    store = tmp_path / "store" / "mlflow.db"
    assert len(export_to(kept, "mlflow", store)) == 3
    client = mlflow.MlflowClient(f"sqlite:///{store}")
    experiment = client.get_experiment_by_name("made")
    runs = {one.info.run_name: one for one in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"Copy (oracle)", "Diffusion", "Nearest"}
    nearest = runs["Nearest"].data
    row = read_run(kept).scores.query("method == 'nearest' and metric == 'l1-hole'").iloc[0]
    assert nearest.metrics["scenes-free-form/l1-hole"] == row["value"]
    assert nearest.metrics["scenes-free-form/l1-hole/low"] == row["low"]
    assert nearest.metrics["scenes-removal/cost/ms"] == pytest.approx(7.7)
    assert nearest.params["suite"] == "made"
    where = runs["Diffusion"].info.run_id
    assert {one.path for one in client.list_artifacts(where)} == {"scores.csv", "gallery"}
    assert len(client.list_artifacts(where, "gallery/scenes-free-form")) == 6
    assert runs["Nearest"].info.status == "FINISHED"

    # Again: replaced, not there twice.
    export_to(kept, "mlflow", store, methods=["nearest"])
    again = client.search_runs([experiment.experiment_id])
    assert len(again) == 3
    assert {one.info.run_id for one in again} != {one.info.run_id for one in runs.values()}


@pytest.mark.integration
@pytest.mark.slow
def test_a_store_that_mlflow_cannot_open_is_one_sentence(kept: Path, tmp_path: Path):
    pytest.importorskip("mlflow", reason="MLflow is not installed")
    (tmp_path / "no.db").write_text("no database at all, but long enough to be looked at" * 40)
    with pytest.raises(BadInput, match=r"no\.db: MLflow cannot open it \(.*file is not a database"):
        export_to(kept, "mlflow", tmp_path / "no.db")


@pytest.mark.integration
@pytest.mark.slow
def test_wandb_writes_offline_runs_with_scores_and_images(kept: Path, tmp_path: Path, monkeypatch):
    pytest.importorskip("wandb", reason="W&B is not installed")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    (line,) = export_to(kept, "wandb", tmp_path, methods=["diffusion"])
    folder = Path(line.partition(": ")[2])
    assert folder.parent == tmp_path / "wandb"
    assert folder.name.startswith("offline-run-")
    summary, config = _stored(next(folder.glob("*.wandb")))
    row = read_run(kept).scores.query("method == 'diffusion' and metric == 'psnr-hole'").iloc[0]
    assert json.loads(summary["scenes-free-form/psnr-hole"]) == row["value"]
    assert json.loads(summary["scenes-free-form/psnr-hole/high"]) == row["high"]
    assert json.loads(config["suite"]) == "made"
    assert len(list((folder / "files" / "media" / "images").rglob("*.png"))) == 12


def _stored(file: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The summary and configuration of an offline run, from W&B's own log."""
    from wandb.proto import wandb_internal_pb2

    summary: dict[str, str] = {}
    config: dict[str, str] = {}
    for content in _records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(content)
        for item in record.summary.update:
            summary[item.key or "/".join(item.nested_key)] = item.value_json
        for item in record.run.config.update:
            config[item.key or "/".join(item.nested_key)] = item.value_json
    return summary, config


def _records(log: bytes) -> Iterator[bytes]:
    """A log in LevelDB's format: blocks of 32 KiB, the first one begins with 7 bytes of W&B's."""
    at, parts = 7, b""
    while at < len(log):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack("<HB", log[at + 4 : at + 7])
        parts += log[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""
