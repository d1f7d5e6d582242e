"""Event files, read by TensorBoard itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.run.reader import read_run
from reports.destinations import export_to

accumulators = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="TensorBoard is not installed"
)
ALL = {"scalars": 0, "images": 0, "tensors": 0}


def read(folder: Path):
    events = accumulators.EventAccumulator(str(folder), size_guidance=ALL)
    events.Reload()
    return events


def test_tensorboard_reads_scores_intervals_costs_texts_and_images(kept: Path):
    files = export_to(kept, "tensorboard")
    assert [Path(file).parent.name for file in files] == ["copy", "diffusion", "nearest"]
    events = read(kept / "tensorboard" / "diffusion")
    row = read_run(kept).scores.query("method == 'diffusion' and metric == 'psnr-hole'").iloc[0]
    for tag, value in (("", row["value"]), ("/low", row["low"]), ("/high", row["high"])):
        (event,) = events.Scalars(f"scenes-free-form/psnr-hole{tag}")
        assert event.value == pytest.approx(value, rel=1e-6)
        assert event.step == 0
    assert events.Scalars("scenes-removal/cost/ms")[0].value == pytest.approx(4.6)
    (text,) = events.Tensors("scores")
    assert "### Drawn scenes, free-form" in text.tensor_proto.string_val[0].decode()
    images = events.Tags()["images"]
    assert len(images) == 12
    assert events.Images(images[0])[0].height == 16


def test_the_same_run_gives_the_same_bytes(kept: Path, tmp_path: Path):
    first, again = (
        [Path(file).read_bytes() for file in export_to(kept, "tensorboard", tmp_path / name)]
        for name in ("a", "b")
    )
    assert first == again


def test_a_damaged_record_is_seen(kept: Path):
    (file,) = export_to(kept, "tensorboard", methods=["nearest"])
    whole = Path(file).read_bytes()
    at = whole.index(b"scenes-free-form/psnr")
    Path(file).write_bytes(whole[:at] + b"S" + whole[at + 1 :])
    # TensorBoard compares the checksums: what comes after the damage is not read.
    assert read(Path(file).parent).Tags()["scalars"] == []


def test_torch_is_not_imported(kept: Path):
    code = (
        "import sys; from reports.destinations import export_to;"
        f"export_to({str(kept)!r}, 'tensorboard'); export_to({str(kept)!r}, 'hf-card');"
        f"export_to({str(kept)!r}, 'croissant');"
        "sys.exit('torch' in sys.modules or 'tensorboard' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
