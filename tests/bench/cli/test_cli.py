"""The command line: what a person types, reads, and gets back as an exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.device import choose_device
from bench.run.plan import plan_run
from bench.suite.schema import load_suite, parse_suite
from tests.bench.run.made_suite import suite_text, write_data

COMMANDS = {
    (): ["demo", "run", "score", "report", "masks", "models", "datasets", "weights", "doctor"],
    ("masks",): ["list", "make", "verify", "show"],
    ("models",): ["list", "show"],
    ("datasets",): ["list", "check", "sheet"],
    ("suites",): ["list", "show", "check", "schema"],
    ("weights",): ["list", "fetch", "verify"],
}


@pytest.mark.parametrize("group", COMMANDS)
def test_help_names_every_command(call, group: tuple[str, ...]) -> None:
    code, out, _ = call(*group, "--help")
    assert code == 0
    missing = [name for name in COMMANDS[group] if name not in out]
    assert missing == []


def test_help_imports_nothing_heavy() -> None:
    heavy = ["torch", "torchvision", "pandas", "matplotlib", "scipy", "pyarrow", "numpy"]
    code = (
        "import sys; from bench.cli.app import app; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_prints_where_its_report_is(call, tmp_path: Path) -> None:
    (tmp_path / "made.yaml").write_text(suite_text(write_data(tmp_path / "rooms")))
    code, out, err = call(
        "run", tmp_path / "made.yaml", "--out", tmp_path / "run", "--device", "cpu"
    )
    assert (code, err) == (0, "")
    assert "9 edits, 1 impossible, 0 failed" in out
    page = Path(out.strip().splitlines()[-1].removeprefix("report: "))
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_run_of_one_edit_says_so(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms", count=1)
    tasks = "[{dataset: rooms, protocol: freeform@1}]"
    (tmp_path / "made.yaml").write_text(suite_text(data, tasks=tasks, methods="[copy]"))
    code, out, _ = call("run", tmp_path / "made.yaml", "--out", tmp_path / "run")
    assert code == 0
    assert out.startswith("1 edit, 0 impossible, 0 failed\n")
    page = (tmp_path / "run" / "report" / "index.html").read_text(encoding="utf-8")
    assert "<span>1 task</span>\n    <span>1 method</span>\n    <span>1 edit</span>" in page


def test_failed_edits_end_with_1_and_the_rest_is_kept(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    (data / "labels" / "scene2.png").write_bytes(b"no picture")
    (tmp_path / "made.yaml").write_text(suite_text(data))
    code, out, _ = call("run", tmp_path / "made.yaml", "--out", tmp_path / "run")
    assert code == 1
    assert "7 edits" in out
    assert (tmp_path / "run" / "scores.parquet").is_file()


def test_bad_input_ends_with_2_and_one_sentence(call, tmp_path: Path) -> None:
    code, out, err = call("run", "smaples", "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert err == "siebench: unknown suite 'smaples'; did you mean 'samples'?\n"


def test_wrong_usage_ends_with_2(call) -> None:
    assert call("run")[0] == 2
    assert call("no-such-command")[0] == 2


def test_score_pairs_two_folders_and_writes_json(call, tmp_path: Path) -> None:
    for name, level in (("real", 100), ("fake", 110)):
        (tmp_path / name).mkdir()
        for stem in ("a", "b"):
            grey = np.full((16, 16, 3), level, np.uint8)
            Image.fromarray(grey).save(tmp_path / name / f"{stem}.png")
    code, out, _ = call(
        "score", tmp_path / "real", tmp_path / "fake",
        "--metrics", "l1,rmse", "--json", tmp_path / "scores.json",
    )  # fmt: skip
    assert code == 0
    assert "10.0000" in out
    written = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert {one["metric"]: (one["value"], one["n"]) for one in written} == {
        "l1": (10, 2),
        "rmse": (10, 2),
    }


def test_datasets_check_says_what_is_wrong_file_by_file(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    assert call("datasets", "check", f"folder={data}")[0] == 0
    (data / "labels" / "scene0.png").unlink()
    (data / "images" / "scene4.png").write_bytes(b"")
    code, out, _ = call("datasets", "check", f"folder={data}")
    assert code == 1
    assert "scene0" in out
    assert "scene4.png" in out
    assert call("datasets", "check", f"folder={tmp_path / 'nowhere'}")[0] == 2
    assert call("datasets", "check", f"folders={data}")[0] == 2


def test_datasets_are_listed_with_the_name_of_their_label_space(call) -> None:
    code, out, _ = call("datasets", "list")
    assert code == 0
    assert "label space: cityscapes-labelids" in out


def test_models_list_shows_the_variants_in_the_papers_words(call) -> None:
    _, out, _ = call("models", "list")
    assert "variants: full, w SPADE, large SPADE, w norm, w/o prog, S\n" in out
    _, out, _ = call("models", "show", "divsem")
    assert "variants: full, w/o style, w/o valid ratio, single scale, style 64, style 256" in out


def test_models_list_shows_where_an_editor_comes_from(call) -> None:
    code, out, _ = call("models", "list")
    assert code == 0
    assert "mean-colour" in out
    assert "siebench" in out


def test_doctor_never_fails(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.run.environment.hardware", lambda device: 1 / 0)
    code, out, _ = call("doctor")
    assert code == 0
    assert "cannot be told" in out
    assert "ZeroDivisionError" in out


def test_doctor_says_why_a_card_cannot_be_used(call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that is too old: the card is counted, and the first call of CUDA fails."""

    def ones(*size: int, device: str) -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).")

    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.ones", ones)
    _, out, _ = call("doctor")
    assert "device 'cuda:0' cannot be used (The NVIDIA driver on your system is too old" in out
    assert "threads" in out


def test_doctor_says_which_folders_are_not_there(call, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIEBENCH_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("SIEBENCH_WEIGHTS", f"{tmp_path}{os.pathsep}~nobody-here/weights")
    _, out, _ = call("doctor")
    assert f"{tmp_path / 'nowhere'}: is no folder; make it or name another one" in out
    assert f"{tmp_path}; ~nobody-here/weights: cannot be read" in out


def test_doctor_names_a_plugin_that_cannot_be_used(call, install) -> None:
    install("broken", {"metrics": {"bad": "no_such_module:Metric"}})
    _, out, _ = call("doctor")
    assert "(no_such_module:Metric, broken 1.0)" in out


def test_suites_check_names_the_line(call, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(suite_text(tmp_path) + "compsite: none\n")
    code, _, err = call("suites", "check", path)
    assert code == 2
    assert "line 7: there is no field 'compsite'; did you mean 'composite'?" in err


def test_a_shown_suite_has_its_defaults_written_out_and_makes_the_same_run(
    call, tmp_path: Path
) -> None:
    data = write_data(tmp_path / "rooms")
    (tmp_path / "made.yaml").write_text(suite_text(data))
    code, out, _ = call("suites", "show", tmp_path / "made.yaml")
    assert code == 0
    assert "quantise: round" in out
    assert "thickest: 140.0" in out  # a parameter of freeform@1
    assert "title: Rooms, free-form" in out
    assert "title: harmonic fill" in out  # its editor's, which is called `diffusion`
    shown, written = parse_suite(out, "shown"), load_suite(tmp_path / "made.yaml")
    records = [[task.record for task in plan_run(suite).tasks] for suite in (shown, written)]
    assert records[0] == records[1]


def test_the_schema_is_printed_or_found(call) -> None:
    code, out, _ = call("suites", "schema", "--path")
    assert code == 0
    assert Path(out.strip()).read_text(encoding="utf-8") == call("suites", "schema")[1]


def test_what_is_no_device_is_one_sentence(call, tmp_path: Path) -> None:
    code, _, err = call("run", "demo", "--device", "foo", "--out", tmp_path / "run")
    assert code == 2
    assert err == (
        "siebench: device 'foo' is not a device; write auto, cpu, cuda, or cuda:1 for the second "
        "GPU\n"
    )


def test_a_device_that_cannot_hold_numbers_is_not_here(call, tmp_path: Path) -> None:
    code, _, err = call("run", "demo", "--device", "meta", "--out", tmp_path)
    assert (code, err) == (2, "siebench: device 'meta' is not here; write cpu, or auto\n")


def test_models_show_measures_what_an_edit_takes(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    code, out, _ = call("models", "show", "diffusion", "--cost", f"folder={data}", "--size", 32)
    assert code == 0
    costs = dict(
        line.strip().split(": ") for line in out.split("costs of one edit")[1].splitlines()[1:]
    )
    assert float(costs["milliseconds (median)"]) > 0
    assert costs["parameters"] == "none"


def test_models_show_counts_what_tables_leave_out(call, tmp_path: Path, weights) -> None:
    data = write_data(tmp_path / "rooms")
    file = weights("sesame", classes=3, ngf=2, hidden=4)
    code, out, _ = call(
        *("models", "show", "sesame", "--option", f"weights={file}"),
        *("--cost", f"folder={data}", "--size", 32, "--device", "auto"),
    )
    assert code == 0
    assert "costs of one edit at 32x32 on " + choose_device("auto") in out
    found = out.split("multiply-adds")
    carried_out, dense = (
        int(part.split(": ")[1].split()[0].replace(",", "")) for part in found[-2:]
    )
    assert 0 < carried_out < dense


def test_models_show_says_why_an_edit_cannot_be_measured(call, tmp_path: Path) -> None:
    data, empty = write_data(tmp_path / "rooms"), tmp_path / "empty"
    empty.mkdir()
    code, _, err = call(
        "models", "show", "folder", "--option", f"path={empty}", "--cost", f"folder={data}"
    )
    assert code == 2
    assert "holds no image for edit" in err


def test_a_run_says_why_edits_failed_or_could_not_be_made(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    for protocol in ("freeform@1", "object-remove@1"):
        folder = tmp_path / "some" / protocol
        folder.mkdir(parents=True)
        shutil.copy(data / "images" / "scene2.png", folder)
    path = str(tmp_path / "some" / "{protocol}")
    methods = f"[copy, {{editor: folder, options: {{path: {path!r}}}}}]"
    (tmp_path / "made.yaml").write_text(suite_text(data, methods=methods))
    code, out, _ = call("run", tmp_path / "made.yaml", "--out", tmp_path / "run")
    assert code == 1
    assert "4x rooms-freeform: folder:" in out  # of five scenes one has a result
    assert "holds no image for edit 'scene0'" in out
    assert "1x rooms-object-remove: " in out


def test_a_finished_run_without_its_scores_is_damaged(call, tmp_path: Path) -> None:
    (tmp_path / "made.yaml").write_text(
        suite_text(write_data(tmp_path / "rooms"), methods="[copy]")
    )
    assert call("run", tmp_path / "made.yaml", "--out", tmp_path / "run")[0] == 0
    (tmp_path / "run" / "scores.parquet").unlink()
    code, _, err = call("export", tmp_path / "run")
    assert code == 2
    assert "scores.parquet: is missing" in err


def test_models_show_says_what_each_option_takes(call) -> None:
    _, out, _ = call("models", "show", "sesame")
    options = out.split("options:\n")[1].splitlines()
    assert "  weights: text; required" in options
    assert "  variant: text or null; null if left out" in options
    assert "  precision: one of float32, bfloat16, float16; float32 if left out" in options
    assert "  compile: true or false; false if left out" in options
    _, out, _ = call("models", "show", "command")
    assert "trust:" not in out.split("options:\n")[1]
