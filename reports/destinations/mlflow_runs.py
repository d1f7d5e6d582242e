"""MLflow: an experiment a suite, a run a method."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput, Unavailable, first_line
from reports.destinations.contents import Kept, gallery
from reports.export.csv_table import csv

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["log_to_mlflow"]

MARK = "siebench.exported"
"""The tag by which a method of a run is found again, so that it is replaced and not there twice."""

_TEXT = 6000
"""Characters of a parameter that MLflow takes."""

_AT_ONCE = 100
"""Parameters that MLflow takes in one request; of metrics it takes more."""


def log_to_mlflow(run: Run, methods: list[Kept], store: Path | None) -> list[str]:
    """Logs parameters, scores with intervals, costs, `scores.csv` and the gallery of each method.

    A method of the same run that was logged before is replaced.

    Args:
        run: the run.
        methods: what is logged.
        store: a SQLite file, made where there is none, with its artifacts beside it; where None, what
            `MLFLOW_TRACKING_URI` says, or MLflow's default.

    Returns:
        A line for each method: where it is.

    Raises:
        Unavailable: MLflow is not installed.
        BadInput: a store that MLflow cannot open.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        import mlflow
    except ImportError as error:
        raise Unavailable("MLflow is not installed: `pip install mlflow`") from error
    address = None if store is None else f"sqlite:///{store.resolve()}"
    if store is not None:
        store.parent.mkdir(parents=True, exist_ok=True)
    try:
        client = mlflow.MlflowClient(tracking_uri=address)
        experiment = _experiment(client, run.header.name, store)
    except (
        Exception
    ) as error:  # of MLflow, of the database's library, of a server that is not there
        place = store or os.environ.get("MLFLOW_TRACKING_URI", "MLflow's default store")
        raise BadInput(
            f"{place}: MLflow cannot open it ({first_line(error)[:200]}); give a SQLite file with --out, or "
            "set MLFLOW_TRACKING_URI"
        ) from error
    try:
        return [_log(client, experiment, run, one) for one in methods]
    except mlflow.exceptions.MlflowException as error:
        raise BadInput(f"MLflow refuses what it is given: {first_line(error)[:200]}") from error


def _experiment(client: Any, name: str, store: Path | None) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    folder = None if store is None else f"{store.resolve()}.artifacts"
    place = None if folder is None else Path(folder).as_uri()
    return str(client.create_experiment(name, artifact_location=place))


def _log(client: Any, experiment: str, run: Run, one: Kept) -> str:
    from mlflow.entities import Metric, Param

    mark = f"{run.header.key}/{one.method.name}"
    quoted = mark.replace("'", "''")
    former = client.search_runs([experiment], f"tags.`{MARK}` = '{quoted}'")
    tags = {MARK: mark, "mlflow.note.content": run.header.description or run.header.title}
    made = client.create_run(experiment, run_name=one.method.title, tags=tags)
    where = made.info.run_id
    now = int(made.info.start_time)
    metrics = [Metric(name, number, now, 0) for name, number in one.numbers.items()]
    parameters = [Param(_key(name), value[:_TEXT]) for name, value in one.parameters.items()]
    for start in range(0, max(len(metrics), len(parameters)), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        client.log_batch(where, metrics=metrics[part], params=parameters[part])
    with tempfile.TemporaryDirectory(prefix="siebench-") as folder:
        root = Path(folder)
        (root / "scores.csv").write_text(csv(run), encoding="utf-8", newline="")
        for image in gallery(run, one.method):
            file = root / "gallery" / f"{image.key}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(image.png)
        client.log_artifacts(where, folder)
    client.set_terminated(where)
    for old in former:
        client.delete_run(old.info.run_id)
    return f"{one.method.title}: experiment {run.header.name!r}, run {where}"


def _key(name: str) -> str:
    """A parameter's name; options of editors from elsewhere may have any."""
    return "".join(one if one.isalnum() or one in "_-. /" else "-" for one in name)
