"""What is kept of a run, wherever it goes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.run.reader import read_run
from bench.run.table_files import write_table
from bench.run.tables import OUTPUTS
from reports.destinations import DESTINATIONS, export_to
from reports.destinations.contents import gallery, kept_methods, safe_keys


def test_every_score_is_kept_with_its_interval_and_n_and_every_cost(source: Path):
    run = read_run(source)
    kept = {one.method.name: one for one in kept_methods(run)}
    assert list(kept) == ["copy", "diffusion", "nearest"]  # "broken" never ran
    row = run.scores.query("method == 'nearest' and metric == 'l1-hole'").iloc[0]
    numbers = kept["nearest"].numbers
    assert numbers["scenes-free-form/l1-hole"] == row["value"]
    assert numbers["scenes-free-form/l1-hole/low"] == row["low"]
    assert numbers["scenes-free-form/l1-hole/high"] == row["high"]
    assert numbers["scenes-free-form/l1-hole/n"] == row["n"] == 7
    assert numbers["scenes-free-form/cost/ms"] == pytest.approx(1.5 + 3.1 * 2)
    assert not any("fid" in key for key in numbers)  # it has no value
    assert kept["nearest"].parameters["option.noise"] == "26.0"
    assert kept["copy"].parameters["sees_hidden"] == "yes"


def test_an_infinite_value_is_no_number_of_a_tracker(kept: Path):
    scores = pd.read_parquet(kept / "scores.parquet")
    scores.loc[scores["metric"] == "psnr", "value"] = np.inf
    scores.to_parquet(kept / "scores.parquet")
    numbers = kept_methods(read_run(kept))[0].numbers
    assert "scenes-free-form/psnr" not in numbers
    assert "scenes-free-form/psnr-hole" in numbers


def test_what_became_of_the_known_pixels_is_kept_too(kept: Path):
    task = read_run(kept).header.tasks[0].slug
    edits = pd.read_parquet(kept / "samples" / task / "00000.parquet")["edit"].unique()
    rows = [
        dict.fromkeys(OUTPUTS.names)
        | {"method": "diffusion", "edit": edit, "leak": 2.5, "psnr_known": np.inf}
        for edit in edits
    ]
    file = kept / "outputs" / task / "00000.parquet"
    file.parent.mkdir(parents=True)
    write_table(file, OUTPUTS, {name: [row[name] for row in rows] for name in OUTPUTS.names})
    (numbers,) = (one.numbers for one in kept_methods(read_run(kept), ["diffusion"]))
    assert numbers["scenes-free-form/leak"] == 2.5
    assert not any("psnr-known" in key and not key.endswith("/n") for key in numbers)


def test_keys_are_safe_and_differ_where_names_differ():
    keys = safe_keys(["a b", "a/b", "a@1", "<script>", "ü", "psnr-hole", "a b"])
    assert len(set(keys.values())) == 6
    assert keys["psnr-hole"] == "psnr-hole"
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.") for key in keys.values())


def test_the_gallery_puts_input_result_and_ground_truth_side_by_side(source: Path):
    run = read_run(source)
    images = gallery(run, run.method("diffusion"))
    free = [image for image in images if image.key.startswith("scenes-free-form/")]
    assert len(free) == 6
    assert free[0].caption.endswith(": input, result, ground truth")
    edit = free[0].key.partition("/")[2]
    shown = np.asarray(Image.open(io.BytesIO(free[0].png)))
    assert shown.shape == (16, 3 * 16 + 2 * 4, 3)
    result = np.asarray(Image.open(run.prediction("scenes / free-form", "diffusion", edit)))
    original = np.asarray(Image.open(run.edit_folder("scenes / free-form", edit) / "original.png"))
    assert (shown[:, 20:36] == result).all()
    assert (shown[:, 40:] == original).all()
    # A removal from a photograph has no ground truth to show.
    removal = next(image for image in images if image.key.startswith("scenes-removal/"))
    assert np.asarray(Image.open(io.BytesIO(removal.png))).shape == (16, 2 * 16 + 4, 3)


def test_what_cannot_be_exported_is_one_sentence(kept: Path):
    with pytest.raises(BadInput, match="unknown destination 'mlfow'; did you mean 'mlflow'"):
        export_to(kept, "mlfow")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="'broken' cannot be exported: no module named 'elsewhere'"):
        export_to(kept, "tensorboard", methods=["broken"])
    header = json.loads((kept / "run.json").read_text())
    (kept / "run.json").write_text(json.dumps({**header, "state": "running"}))
    (kept / "scores.parquet").unlink()
    with pytest.raises(BadInput, match="has no scores yet"):
        export_to(kept, "hf-card")
    with pytest.raises(BadInput, match="is not finished"):
        export_to(kept, "croissant")


def test_the_command_line_knows_every_destination():
    from bench.cli.export import Destination

    assert {one.value for one in Destination} == set(DESTINATIONS)
