"""The service that lets processes share a GPU is used where it works, and ended again."""

import sys

import pytest

from baselines.training.zoo import multi_process_service as service
from baselines.training.zoo.multi_process_service import multi_process_service


@pytest.fixture
def control(tmp_path, monkeypatch):
    """Puts a control program on the path that notes how it was called; gives the note."""
    note = tmp_path / "calls.txt"
    program = tmp_path / "bin" / "nvidia-cuda-mps-control"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        f"with open({str(note)!r}, 'a') as file:\n"
        "    given = '' if sys.argv[1:] else sys.stdin.read().strip()\n"
        "    file.write(' '.join([*sys.argv[1:], given]).strip() + '\\n')\n"
        "assert os.path.isdir(os.environ['CUDA_MPS_PIPE_DIRECTORY'])\n"
        "assert os.environ.get('CUDA_VISIBLE_DEVICES') == os.environ.get('SHOWN')\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return note


def test_a_cpu_needs_none(control):
    with multi_process_service("cpu") as variables:
        assert variables == {}
    assert not control.exists()


def test_processes_are_told_where_it_is_and_it_ends_with_the_block(control, monkeypatch):
    monkeypatch.setattr(service, "_PROBE", "import os; os.environ['CUDA_MPS_LOG_DIRECTORY']")
    with multi_process_service("cuda") as variables:
        assert set(variables) == {"CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"}
        assert control.read_text().split() == ["-d"]
    assert control.read_text().split() == ["-d", "quit"]


@pytest.mark.parametrize(
    ("shown", "found"), [("3", "0"), ("2,5", "0,1"), ("GPU-8932f937,GPU-1a2b", None)]
)
def test_gpus_are_named_as_the_service_numbers_them(control, monkeypatch, shown, found):
    seen = "import os; assert os.environ['CUDA_VISIBLE_DEVICES']"
    monkeypatch.setattr(service, "_PROBE", f"{seen} == {found or shown!r}")
    for name in ("CUDA_VISIBLE_DEVICES", "SHOWN"):
        monkeypatch.setenv(name, shown)
    with multi_process_service("cuda:0") as variables:
        assert variables
        assert variables.get("CUDA_VISIBLE_DEVICES") == found
    assert control.read_text().split() == ["-d", "quit"]


def test_one_through_which_nothing_computes_on_the_device_is_not_used(control, monkeypatch):
    monkeypatch.setattr(service, "_PROBE", "import sys; raise SystemExit(sys.argv[1] == 'cuda:1')")
    with multi_process_service("cuda:0") as variables:
        assert variables
    with multi_process_service("cuda:1") as variables:
        assert variables == {}
    assert control.read_text().split() == ["-d", "quit"] * 2


def test_a_machine_without_it_goes_without(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with multi_process_service("cuda") as variables:
        assert variables == {}
