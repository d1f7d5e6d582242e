from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.suite.schema import load_suite
from reports.view import ViewServer
from tests.reports.made_run import make_run


def change(run: Path, **fields: object) -> None:
    content = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**content, **fields}))


def going(folder: Path) -> Path:
    """A run that is under way: no tables yet, and of its 180 results none said to be done."""
    run = make_run(folder, edits=8, methods=3, tasks=1, size=16)
    (run / "scores.parquet").unlink()
    tasks = json.loads((run / "run.json").read_text())["tasks"]
    tasks[0]["record"].update(n_scenes=10, samples=2)
    suite = json.loads(load_suite("demo").model_dump_json())
    change(run, state="running", title="A run that goes on", suite=suite, tasks=tasks)
    return run


def brighter(run: Path) -> None:
    """Every edit's PSNR of one method 5 dB up, a little more or less by turns, and the score with it."""
    for file in run.glob("samples/*/*.parquet"):
        rows = pd.read_parquet(file)
        chosen = rows["method"] == "diffusion"
        rows.loc[chosen, "psnr-hole"] += 5 + 0.1 * np.resize([1, 0, -1, 0], chosen.sum())
        rows.to_parquet(file)
        task = {"task-0": "scenes / free-form", "task-1": "scenes / removal"}[file.parent.name]
        scores = pd.read_parquet(run / "scores.parquet")
        row = (scores[["task", "method", "metric"]] == [task, "diffusion", "psnr-hole"]).all(axis=1)
        scores.loc[row, "value"] = rows.loc[chosen, "psnr-hole"].mean()
        scores.to_parquet(run / "scores.parquet")


@pytest.fixture(scope="session")
def made_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "runs"
    first = make_run(folder / "first", edits=10, methods=3, tasks=2, size=16)
    content = json.loads((first / "run.json").read_text())
    records = [task["record"] for task in content["tasks"]]
    change(first, protocols={f"{at:02d}" * 32: record for at, record in enumerate(records)})
    second = Path(shutil.copytree(first, folder / "lab" / "second"))
    brighter(second)
    change(second, title="A brighter run", name="brighter")
    going(folder / "third")
    (folder / "broken").mkdir()
    (folder / "broken" / "run.json").write_text("{")
    return folder


@pytest.fixture
def runs(made_runs: Path, tmp_path: Path) -> Path:
    """A folder with two runs that can be compared, one that goes on, and one that is broken."""
    return Path(shutil.copytree(made_runs, tmp_path / "runs"))


@pytest.fixture
def server(runs: Path) -> Iterator[ViewServer]:
    with served(runs) as server:
        yield server


@contextmanager
def served(folder: Path) -> Iterator[ViewServer]:
    server = ViewServer(folder, port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
