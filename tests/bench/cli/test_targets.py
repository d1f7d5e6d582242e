"""No command overwrites what it reads, or a file that it did not write, unless it is forced to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.reports.made_run import make_run

BY_NAME = {
    "export": ("export", "{run}", "--format", "csv", "--out", "{out}"),
    "export as LaTeX": ("export", "{run}", "--format", "latex-document", "--out", "{out}"),
    "baseline": ("baseline", "save", "{whole}", "--out", "{out}"),
    "gate JSON": ("gate", "{whole}", "--baseline", "{base}", "--json", "{out}"),
    "gate Markdown": ("gate", "{whole}", "--baseline", "{base}", "--markdown", "{out}"),
    "gate JUnit": ("gate", "{whole}", "--baseline", "{base}", "--junit", "{out}"),
    "compare JSON": ("compare", "{whole}", "{base}", "--json", "{out}"),
    "compare Markdown": ("compare", "{whole}", "{base}", "--markdown", "{out}"),
    "trainings": ("trainings", "{twice}", "--markdown", "{out}"),
    "truth": ("truth", "{whole}", "--by", "style", "--markdown", "{out}"),
    "history": ("history", "{folder}", "--out", "{out}"),
    "score": ("score", "{images}", "{images}", "--metrics", "l1", "--json", "{out}"),
    "score CSV": ("score", "{images}", "{images}", "--metrics", "l1", "--csv", "{out}"),
    "sheet of scenes": ("datasets", "sheet", "procedural-rooms", "--count", "1", "--out", "{out}"),
    "sheet of a pack": ("masks", "show", "{pack}", "--out", "{out}"),
}

SUITE = """
name: small
composite: known-bytes
datasets: {rooms: {dataset: procedural-rooms, size: 32, fit: resize, limit: 3}}
tasks: [{dataset: rooms, protocol: freeform@1}]
methods:
  - {name: near, editor: nearest}
  - {name: near-seed1, editor: nearest}
  - {name: mean, editor: mean-colour}
  - {name: mean-seed1, editor: mean-colour}
metrics: [psnr, style]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs, a baseline, a pack and images for the commands to read."""
    from bench.datasets import Fit, open_dataset
    from bench.judge.baseline import save_baseline
    from bench.run.suite_run import run_suite
    from bench.suite.protocols import make_protocol
    from masks import Site, write_pack

    folder = tmp_path_factory.mktemp("targets")
    (folder / "small.yaml").write_text(SUITE)
    whole = folder / "runs" / "whole"
    run_suite(folder / "small.yaml", out=whole)
    save_baseline(whole, folder / "base.json")
    rooms = open_dataset("procedural-rooms", None, count=2)
    scene = rooms.read(rooms.ids[0], Fit((32, 32), "crop"))
    site = Site(rooms.name, rooms.ids[0], scene.labels, scene.instances, rooms.space.classes)
    write_pack(
        folder / "pack",
        make_protocol("freeform@1", {}),
        [(site, 0)],
        seed=0,
        fingerprint=rooms.fingerprint(),
    )
    (folder / "other.yaml").write_text(SUITE.replace("editor: nearest", "editor: copy"))
    run_suite(folder / "other.yaml", out=folder / "other")
    images = folder / "images"
    images.mkdir()
    for one in list(whole.rglob("*.png"))[:2]:
        shutil.copy(one, images)
    return {
        "run": make_run(folder / "made", edits=4),
        "whole": whole,
        "twice": whole,
        "other": folder / "other",
        "base": folder / "base.json",
        "folder": folder / "runs",
        "pack": folder / "pack",
        "images": images,
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_a_command_replaces_its_own_file_and_no_other(
    call, made, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    command = [part.format(**made, out=out) for part in BY_NAME[name]]
    first, _, err = call(*command)
    assert out.is_file(), err
    assert call(*command)[0] == first, "its own file is replaced"
    out.write_text("my notes on siebench\n")
    code, _, err = call(*command)
    assert code == 2
    assert f"{out}: is there already and siebench did not write it" in err
    assert out.read_text() == "my notes on siebench\n"
    assert call(*command, "--force")[0] == first
    assert out.read_bytes() != b"my notes on siebench\n"


@pytest.mark.parametrize(
    ("command", "lost"),
    [
        (("gate", "{whole}", "--baseline", "{base}", "--json", "{base}"), "base.json"),
        (("compare", "{whole}", "{base}", "--markdown", "{base}"), "base.json"),
        (("baseline", "save", "{whole}", "--out", "{whole}/run.json"), "run.json"),
        (("export", "{whole}", "--out", "{whole}/run.json"), "run.json"),
        (("history", "{folder}", "--out", "{whole}/run.json"), "run.json"),
    ],
)
def test_what_is_read_is_not_overwritten(call, made, command, lost: str) -> None:
    kept = {path: path.read_bytes() for path in (made["base"], made["whole"] / "run.json")}
    code, _, err = call(*(part.format(**made) for part in command))
    assert code == 2
    assert lost in err
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_report_replaces_its_own_page_and_no_other(call, made, tmp_path: Path) -> None:
    assert call("report", made["run"], "--out", tmp_path)[0] == 0
    assert call("report", made["run"], "--out", tmp_path)[0] == 0
    (tmp_path / "index.html").write_text("<title>mine</title>")
    assert call("report", made["run"], "--out", tmp_path)[0] == 2
    assert (tmp_path / "index.html").read_text() == "<title>mine</title>"


@pytest.mark.parametrize("part", ["images", "maps", "failures"])
def test_a_report_goes_into_no_folder_that_holds_something_else_in_its_place(
    call, made, tmp_path: Path, part: str
) -> None:
    (tmp_path / part).mkdir()
    (tmp_path / part / "mine.png").write_bytes(b"mine")
    code, _, err = call("report", made["run"], "--out", tmp_path)
    assert code == 2
    assert f"{tmp_path / part}: is there already and siebench did not write it" in err
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted([part, "mine.png"])


def test_crops_beside_a_comparison_replace_crops_and_no_other_images(made, tmp_path: Path) -> None:
    from bench.core.errors import BadInput
    from bench.judge.compare import compare
    from bench.judge.compare.outputs import crop_lines

    found = compare(made["other"], made["whole"])
    pair = next(one.pair for one in found.changes if one.pair.key.method == "near")
    sides = (found.before, found.after, pair, tmp_path)
    assert crop_lines(*sides) == crop_lines(*sides)
    crop = next((tmp_path / "crops").glob("*.png"))
    crop.write_bytes(b"mine")
    with pytest.raises(BadInput, match="is there already and siebench did not write it"):
        crop_lines(*sides)
    assert crop.read_bytes() == b"mine"
    crop_lines(*sides, force=True)
    assert crop.read_bytes() != b"mine"


@pytest.mark.parametrize(
    "command",
    [
        ("gate", "{whole}", "--baseline", "{base}", "--json", "{out}", "--junit", "{out}"),
        ("gate", "{whole}", "--baseline", "{base}", "--markdown", "{out}", "--json", "{again}"),
        ("compare", "{whole}", "{base}", "--markdown", "{out}", "--json", "{again}", "--force"),
        ("score", "{images}", "{images}", "--metrics", "l1", "--csv", "{out}", "--json", "{again}"),
    ],
)
def test_two_outputs_of_one_command_are_two_files(call, made, tmp_path: Path, command) -> None:
    (tmp_path / "sub").mkdir()
    paths = {"out": tmp_path / "out", "again": tmp_path / "sub" / ".." / "out"}
    code, _, err = call(*(part.format(**made, **paths) for part in command))
    assert code == 2
    assert "both name" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            "export as LaTeX",
            "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage[utf8]{inputenc}",
        ),
        ("score", '{"scores": [{"metric": "psnr", "value": 25.1}]}'),
        ("score", '{"scores": [], "paired": true}'),
    ],
)
def test_a_file_that_only_begins_like_ours_is_somebody_elses(
    call, made, tmp_path: Path, command: str, text: str
) -> None:
    out = tmp_path / "out"
    out.write_text(text)
    assert call(*(part.format(**made, out=out) for part in BY_NAME[command]))[0] == 2
    assert out.read_text() == text
