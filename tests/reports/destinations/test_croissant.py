"""The description of a run as a dataset."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.reader import read_run
from reports.destinations import export_to


def test_every_table_is_named_with_its_checksum(kept: Path):
    (file,) = export_to(kept, "croissant")
    described = json.loads(Path(file).read_text())
    files = [one for one in described["distribution"] if one["@type"] == "cr:FileObject"]
    assert {"run.json", "scores.parquet", "samples/task-1/00000.parquet"} <= {
        one["contentUrl"] for one in files
    }
    for one in files:
        content = (kept / one["contentUrl"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
    export_to(kept, "croissant")  # replaces its own


def test_the_licences_of_the_datasets_are_named(kept: Path):
    header = json.loads((kept / "run.json").read_text())
    header["tasks"][0]["dataset"] = "cityscapes"
    (kept / "run.json").write_text(json.dumps(header))
    (file,) = export_to(kept, "croissant")
    assert json.loads(Path(file).read_text())["license"] == [
        "https://www.cityscapes-dataset.com/license/",
        "unknown (drawn-scenes)",
    ]


def test_it_lies_in_the_run_and_is_of_all_methods(kept: Path, tmp_path: Path):
    with pytest.raises(BadInput, match="names the run's files from its own place"):
        export_to(kept, "croissant", tmp_path / "elsewhere.json")
    with pytest.raises(BadInput, match="leave out --method"):
        export_to(kept, "croissant", methods=["copy"])


@pytest.mark.integration
def test_mlcroissant_validates_it_and_reads_the_records(kept: Path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    (file,) = export_to(kept, "croissant")
    dataset = mlcroissant.Dataset(file)
    assert not dataset.metadata.issues.errors
    assert not dataset.metadata.issues.warnings
    scores = list(dataset.records("scores"))
    run = read_run(kept)
    assert len(scores) == len(run.scores)
    assert scores[0]["scores/value"] == run.scores["value"][0]
    samples = list(dataset.records("samples-scenes-removal"))
    assert len(samples) == len(run.samples("scenes / removal"))
