"""The script that measures a GPU runs here too, at a tenth of the size, so that it cannot rot."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch

from tests.speed import gpu, gpu_calls, gpu_checks, gpu_editors
from tests.speed.gpu_training import Preset
from tests.speed.traffic import Traffic

ROOT = Path(__file__).parents[1]


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
    monkeypatch.setattr(gpu_calls, "EXPECTED", ())
    (row,) = gpu.main(["calls", "--tenth"])
    operators, waits = numbers(row)
    assert waits == 0
    assert float(row.notes[0].split()[3]) < 1e-4  # "images at most ... apart"
    tables = int(row.peer.split(" / ")[0])  # of a CPU
    fused = int(row.notes[1].split()[0])  # "... with Triton's kernels, ... of them"
    # SSAE reads no label map.
    assert fused < operators < tables or (name == "SSAE" and fused == operators == tables)


def test_a_rate_is_expected_of_a_step_and_half_precision_moves_fewer_bytes(monkeypatch):
    monkeypatch.setattr(gpu_calls, "SYSTEMS", {})
    monkeypatch.setattr(gpu_calls, "STEPS", ())
    presets = tuple(Preset("spmpgan", precision=one) for one in ("32-true", "bf16-mixed"))
    monkeypatch.setattr(gpu_calls, "EXPECTED", presets)
    single, half = gpu.main(["calls", "--tenth"])
    assert half.work == "spmpgan preset, bf16-mixed, batch 64, steps a second expected"
    assert float(half.here) > float(single.here) > 10
    of_single, of_half = (float(one.notes[1].split(", ")[1][:-3]) for one in (single, half))
    assert of_half == pytest.approx(of_single / 2, rel=0.05)  # "convolutions ... kernels, ... GB"


def test_kernels_and_bytes_of_a_layer_are_what_its_formula_reads_and_writes():
    layer, x = torch.nn.Conv2d(3, 5, 3), torch.ones(2, 3, 6, 6, requires_grad=True)
    out, kept = 4 * 2 * 5 * 4 * 4, 4 * (x.numel() + layer.weight.numel())
    with Traffic() as seen:
        made = layer(x)
        assert seen.kernels == {"convolution": 2}
        assert seen.bytes == {"convolution": kept + 4 * 5 + out + 2 * out}  # the bias in place
        made.backward(torch.ones_like(made))
    assert seen.kernels["convolution_backward"] == 3
    assert seen.bytes["convolution_backward"] == 2 * (out + kept) + out
    with Traffic() as seen:
        torch.empty(4).view(2, 2).fill_(0).add_(1)
    assert seen.kernels == {"fill_": 1, "add_": 1}
    assert seen.bytes == {"fill_": 16, "add_": 32}


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


FULL = gpu.Setting("cuda", tenth=False, peers=False, ends=float("inf"))


def test_a_part_that_dies_or_never_ends_is_a_row_and_the_others_are_measured(capfd, monkeypatch):
    def command(code):
        return [sys.executable, "-c", code]

    head, row = "print('| work | here |')", "print('| {} | 1 |')"
    dies = f"{head}; {row.format('a')}; import os, sys; sys.stdout.flush(); os.abort()"
    gpu.each_in_a_process(
        {"one": command(dies), "two": command(f"{head}; {row.format('b')}")}, seconds=60
    )
    monkeypatch.setattr(gpu, "LATE", 0.0)
    stays = "import threading; threading.Event().wait()"
    gpu.each_in_a_process({"three": command(stays)}, seconds=0.2)
    said = capfd.readouterr().out.splitlines()
    assert said[:2] == ["| work | here |", "| a | 1 |"]
    assert said[2].startswith("| one | failed |  |  | SIGABRT: ")
    assert said[3] == "| b | 1 |"  # under the same head
    assert said[4].startswith("| three | failed |  |  | still busy after 0 s: ")


def failing(error):
    yield gpu.Row("one", "1")
    raise error


def test_work_that_fails_is_a_row_with_its_reason():
    one, failed = gpu.tried("SPADE forward", failing(RuntimeError("no such layer")), FULL)
    assert (one.here, failed.work, failed.here) == ("1", "SPADE forward", "failed")
    assert "no such layer" in failed.notes[0]


def test_what_comes_behind_work_that_breaks_the_driver_is_measured_in_another_process(capfd):
    code = """
import sys
from tests.speed import gpu

def works(part, setting):
    yield from gpu.tried("a", [gpu.Row("a", "1")], setting)
    yield from gpu.tried("b", broken(), setting)
    yield from gpu.tried("c", [gpu.Row("c", "3")], setting)

def broken():
    raise RuntimeError("CUDA error: an illegal memory access was encountered")
    yield

gpu.rows = works
gpu.torch.cuda.is_available = lambda: True
gpu.torch.cuda.get_device_name = lambda: "a card"
gpu.main(["part", *sys.argv[1:]])
"""
    gpu.each_in_a_process({"part": [sys.executable, "-c", code]}, seconds=90)
    said = [line.split(" | ")[:2] for line in capfd.readouterr().out.splitlines()[3:]]
    assert said == [["| a", "1"], ["| b", "failed"], ["| part", "failed"], ["| c", "3"]]


def test_an_editor_that_fails_leaves_the_others(monkeypatch):
    def broken(side, narrow):
        raise RuntimeError("no such layer")

    systems = {name: gpu_editors.Forward(broken, 7, lambda: None) for name in ("A", "B")}
    monkeypatch.setattr(gpu_editors, "SYSTEMS", systems)
    rows = list(gpu_editors.measure(FULL))
    assert [row.work for row in rows] == ["A forward", "B forward"]
    assert all("no such layer" in row.notes[0] for row in rows)


def test_all_tests_that_need_a_card_are_among_those_that_are_run_there():
    found = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text()
        if path != Path(__file__) and 'reason="needs a GPU"' in text:
            marked = re.findall(r'needs a GPU"\)\n(?:@.*\n)*def (\w+)', text)
            found[path.relative_to(ROOT).as_posix()] = marked
    assert set(found) == set(gpu_checks.TESTS)
    for name in (name for names in found.values() for name in names):
        assert "gpu" in name or "cuda" in name


def test_tests_that_need_a_card_are_named_where_they_fail(tmp_path, monkeypatch):
    file = tmp_path / "test_card.py"
    file.write_text(
        "def test_gpu_a(): pass\ndef test_cuda_b(): assert 1 == 2\ndef test_other(): assert 0\n"
    )
    monkeypatch.setattr(gpu_checks, "TESTS", (str(file),))
    (row,) = gpu_checks.measure(FULL)
    assert row.here.startswith("1 failed, 1 passed, 1 deselected")
    (note,) = row.notes
    assert note.startswith("FAILED")
    assert "test_cuda_b - assert 1 == 2" in note
