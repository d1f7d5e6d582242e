"""What a run is made of decides whether it goes on, and `run.json` is the same read as written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.job import Job
from bench.run.layout import RunFolder
from bench.run.record import RunRecord, take_up
from bench.run.schema import read_header, write_header
from bench.suite.schema import Suite
from tests.bench.run.made_suite import SIZE, write_data


def record(tmp_path: Path, **changes) -> RunRecord:
    suite = Suite.model_validate(
        {
            "name": "recorded",
            "datasets": {"rooms": {"dataset": "procedural-rooms", "size": 32, "limit": 2}},
            "tasks": [{"name": "edits", "dataset": "rooms", "protocol": "freeform@1"}],
            "methods": [{"name": "plain", "editor": "mean-colour"}],
            "metrics": ["psnr"],
            **changes,
        }
    )
    worker = Job(suite=suite, out=tmp_path / "run", device="cpu").worker("cpu")
    return RunRecord(worker.plan, worker.methods, worker.metrics)


def test_the_header_is_the_same_read_as_written(tmp_path: Path) -> None:
    header = record(tmp_path).header()
    write_header(tmp_path / "run.json", header)
    assert read_header(tmp_path / "run.json") == header


def test_the_header_says_how_to_read_every_score(tmp_path: Path) -> None:
    columns = {column.name: column for column in record(tmp_path).header().metrics}
    assert list(columns) == ["psnr", "psnr-hole"]
    assert (columns["psnr-hole"].region, columns["psnr-hole"].better) == ("mask", "higher")


def test_every_protocol_hash_has_its_readable_record(tmp_path: Path) -> None:
    header = record(tmp_path).header()
    (protocol,) = header.protocols.values()
    assert protocol["metric"]["name"] == "psnr"
    assert {**protocol, "metric": None} == {**header.tasks[0].record, "metric": None}


def test_a_run_begins_once_and_goes_on(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    began = take_up(folder, record(tmp_path))
    assert read_header(folder.record).state == "running"
    assert take_up(folder, record(tmp_path)) == began


def test_a_time_limit_and_the_executor_are_no_reason_to_begin_anew(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    began = take_up(folder, record(tmp_path))
    patient = [{"name": "plain", "editor": "mean-colour", "timeout": 60}]
    assert take_up(folder, record(tmp_path, methods=patient)) == began


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed": 3}, "seed is 3 here and 0 there"),
        ({"metrics": ["l1"]}, "metrics.psnr is not set here and set there"),
        ({"quantise": "truncate"}, 'quantise is "truncate" here and "round" there'),
    ],
)
def test_another_suite_is_refused_with_what_differs(tmp_path, changes, sentence) -> None:
    folder = RunFolder(tmp_path / "run")
    take_up(folder, record(tmp_path))
    with pytest.raises(BadInput, match="holds another run") as caught:
        take_up(folder, record(tmp_path, **changes))
    assert sentence in str(caught.value)


def test_workers_whose_data_lies_elsewhere_carry_out_the_same_run(tmp_path: Path) -> None:
    def over(place: str, scenes: int) -> dict:
        path = write_data(tmp_path / place / "rooms", scenes)
        datasets = {"rooms": {"dataset": "folder", "path": str(path), "size": SIZE}}
        return record(tmp_path, datasets=datasets).key()

    assert over("here", 2) == over("elsewhere", 2) != over("of more scenes", 3)


def test_a_method_hash_does_not_know_the_time_limit(tmp_path: Path) -> None:
    patient = [{"name": "plain", "editor": "mean-colour", "timeout": 60}]
    hashes = {
        record(tmp_path, methods=methods).header().methods[0].hash
        for methods in ([{"name": "plain", "editor": "mean-colour"}], patient)
    }
    assert len(hashes) == 1
