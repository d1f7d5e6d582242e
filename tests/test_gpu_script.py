"""The script that measures a GPU runs here too, at a tenth of the size, so that it cannot rot."""

from __future__ import annotations

import pytest
import torch

from tests.speed import gpu, gpu_calls, gpu_editors


def numbers(row):
    return [int(word) for word in row.here.split(" / ")]


@pytest.fixture
def one_system(monkeypatch):
    """Only the system with the most kinds of layers."""
    monkeypatch.setattr(gpu_editors, "SYSTEMS", {"DivSem": gpu_editors.SYSTEMS["DivSem"]})


def test_forwards_are_measured_and_agree_with_a_cpu(one_system, capsys):
    rows = gpu.main(["editors", "--tenth"])
    assert [row.work for row in rows] == [
        "DivSem forward, batch 1, ms",
        "DivSem forward, batch 2, ms an edit",
    ]
    assert all(float(row.here) > 0 for row in rows)
    if not torch.cuda.is_available():
        assert "at most 0.0e+00 from the CPU" in rows[0].notes[-1]
    assert str(rows[1]) in capsys.readouterr().out


@pytest.mark.parametrize("name", list(gpu_editors.SYSTEMS))
def test_no_forward_on_an_accelerator_waits_for_it(name, monkeypatch):
    monkeypatch.setattr(gpu_calls, "SYSTEMS", {name: gpu_editors.SYSTEMS[name]})
    monkeypatch.setattr(gpu_calls, "STEPS", ())
    (row,) = gpu.main(["calls", "--tenth"])
    operators, waits = numbers(row)
    assert waits == 0
    assert float(row.notes[0].split()[3]) < 1e-4  # "images at most ... apart"
    tables = int(row.peer.split(" / ")[0])  # of a CPU
    assert operators < tables or (name == "SSAE" and operators == tables)  # it reads no label map


def test_a_step_of_a_search_is_measured():
    (row,) = gpu.main(["search", "--tenth"])
    assert float(row.here) >= 0
    if not torch.cuda.is_available():
        assert "losses at most 0.0e+00 apart" in row.notes[-1]


def test_training_steps_are_measured():
    (row,) = gpu.main(["training", "--tenth"])
    assert float(row.here) >= 0
    assert "losses at most 0.0e+00 apart" in row.notes[-1]


def test_scores_are_measured_in_whole_processes():
    rows = gpu.main(["scoring", "--tenth"])
    assert rows[0].work.startswith("reading alone")
    assert rows[1].work == "psnr, ssim of 8 pairs, whole process, s"
    assert all(float(row.here) > 0 for row in rows[:2])


def test_what_scoring_is_made_of_is_measured_and_nothing_waits():
    rows = {row.work: row for row in gpu.main(["scoring-parts", "--tenth"])}
    assert rows["Inception, channels_last, batch 2, images/s"].notes == ["off 0.0e+00"]
    counted = [row for work, row in rows.items() if work.endswith("operators / waits / fetches")]
    assert len(counted) == 4
    for row in counted:
        operators, waits, fetches = numbers(row)
        assert operators > 0
        assert waits == 0
        assert fetches <= 2  # the results, and FID's references
