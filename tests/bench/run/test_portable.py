"""A run says nothing of the folders of the machine that made it, and can be gone on with all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from bench.core.errors import BadInput
from bench.judge.compare import compare
from bench.judge.compare.outputs import write_comparison_json, write_comparison_markdown
from bench.plugins.kinds import EDITORS
from bench.run.certify import certify
from bench.run.portable import portable_header, portable_suite, restored, unknown_paths
from bench.run.reduce_run import reduce_run
from bench.run.schema import Header, MethodRow, RunNotice
from bench.run.suite_run import run_suite
from reports.export import FORMS, export
from reports.report import report
from tests.bench.run.made_suite import suite_text, write_data

HOME = "/home/ada lovelace/my nets"


class Reader:
    """Fails as a method does that misses a file of its own."""

    needs: frozenset[str] = frozenset()
    identity = {"version": 1}  # noqa: RUF012

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def edit(self, batch):
        return (self.folder / "its own" / "net.bin").read_bytes()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A suite in a folder with spaces, and its run; its network's weights are amiss."""
    root = tmp_path_factory.mktemp("ada") / "my data"
    data = write_data(root / "set one", 3)
    (root / "nets and weights").mkdir()
    gone = root / "nets and weights" / "gone one.pth"
    text = suite_text(
        data,
        methods=f"[mean-colour, nearest, {{name: net, editor: spade, options: {{weights: '{gone}'}}}}]",
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        metrics="[l1]",
    )
    (root / "suite.yaml").write_text(text)
    reader = Reader(root / "nets and weights")
    run_suite(root / "suite.yaml", out=root / "run", device="cpu", editors={"reader": reader})
    return root, root / "run"


def told(path: Path) -> str:
    """All the text of a file."""
    if path.suffix != ".parquet":
        return path.read_text(encoding="utf-8", errors="replace")
    frame = pd.read_parquet(path)
    texts = [str(value) for name in frame for value in frame[name] if isinstance(value, str)]
    return "\n".join(texts)


def test_no_file_of_a_run_names_a_folder_of_the_machine(ran) -> None:
    root, run = ran
    report(run)
    files = [path for path in run.rglob("*") if path.is_file() and path.suffix != ".png"]
    assert {path.suffix for path in files} >= {".json", ".parquet", ".txt", ".html"}
    home = str(Path.home())
    for path in files:
        assert str(root.parent) not in told(path), path
        assert f"{home}/" not in told(path), path
    assert "…/net.bin" in "".join(told(path) for path in (run / "samples").rglob("*.parquet"))
    assert "…/gone one.pth: no such weights file" in told(run / "scores.parquet")


def test_nor_does_an_export_a_comparison_or_a_mailed_report(ran, tmp_path: Path) -> None:
    root, run = ran
    page = report(run, tmp_path, single_file=True)
    texts = [export(run, form) for form in FORMS]
    found = compare(run, methods=[("mean-colour", "nearest")])
    write_comparison_json(found, tmp_path / "c.json")
    write_comparison_markdown(found, tmp_path / "c.md")
    texts += [told(path) for path in (page, tmp_path / "c.json", tmp_path / "c.md")]
    assert not [text for text in texts if str(root.parent) in text]
    assert json.loads((tmp_path / "c.json").read_text())["before"] == "run"


def test_the_same_suite_goes_on_with_the_run_and_may_grow(ran) -> None:
    root, run = ran
    again = run_suite(
        root / "suite.yaml", out=run, device="cpu", editors={"reader": Reader(root / "elsewhere")}
    )
    assert again.carried_out == 0


class Shade:
    """Gives the grey that its file holds."""

    needs: frozenset[str] = frozenset()
    places = anywhere = ("weights",)

    def __init__(self, weights: str) -> None:
        self.grey = float(Path(weights).read_text())
        self.identity = {"grey": self.grey}

    def edit(self, batch):
        return torch.full_like(batch.masked, self.grey)


def test_a_run_goes_on_and_has_its_tables_made_where_data_and_weights_lie_elsewhere(
    tmp_path: Path,
) -> None:
    out = tmp_path / "run"

    def suite(home: Path, grey: float) -> Path:
        (write_data(home / "rooms", 2) / "grey.txt").write_text(str(grey))
        options = f"{{weights: {home / 'rooms' / 'grey.txt'}}}"
        text = suite_text(
            home / "rooms",
            methods=f"[{{name: net, editor: shade, options: {options}}}]",
            tasks="[{dataset: rooms, protocol: freeform@1}]",
            metrics="[l1]",
        )
        (home / "suite.yaml").write_text(text)
        return home / "suite.yaml"

    with EDITORS.offering({"shade": Shade}):
        run_suite(suite(tmp_path / "here", 0.5), out=out, device="cpu", workers=1)
        moved = suite(tmp_path / "moved", 0.5)
        scores = (out / "scores.parquet").read_bytes()
        (out / "scores.parquet").unlink()
        reduce_run(out, suite=moved)
        assert (out / "scores.parquet").read_bytes() == scores
        assert run_suite(moved, out=out, device="cpu", workers=1).carried_out == 0
        other = suite(tmp_path / "other", 0.25)
        with pytest.raises(BadInput, match=r"net\.identity\.grey is 0\.25 here and 0\.5 there"):
            run_suite(other, out=out, device="cpu", workers=1)
        # Weights that lie elsewhere are no part of what differs.
        renamed = moved.with_name("renamed.yaml")
        (moved.parent / "rooms" / "grey.txt").rename(moved.parent / "rooms" / "shade.txt")
        text = moved.read_text().replace("grey.txt", "shade.txt").replace("[l1]", "[psnr]")
        renamed.write_text(text)
        with pytest.raises(BadInput, match="metrics") as refused:
            run_suite(renamed, out=out, device="cpu", workers=1)
        assert "weights" not in str(refused.value)


def test_certify_asks_for_the_suite_whose_paths_the_run_does_not_keep(ran) -> None:
    root, run = ran
    with pytest.raises(BadInput, match=r"its suite names …/set one, .*give the suite's file"):
        certify(run, limit=1, device="cpu")
    del root


def test_a_header_keeps_the_last_part_of_a_path_and_names_that_only_look_like_one() -> None:
    header = Header(
        format=2, name="made", title="Made",
        suite={
            "datasets": {"rooms": {"path": "/srv/data/rooms", "segmenter": "onnx:/srv/nets/a.onnx"}},
            "tasks": [
                {"parameters": {"classes": ["/m/0dzct"]}},
                {"parameters": {"folder": "/srv/masks/irregular", "pairing": "sorted"}},
            ],
            "methods": [{"name": "ours", "options": {"weights": f"'{HOME}/b.pth'", "radius": 4}}],
        },
        methods=(
            MethodRow(
                name="ours", slug="ours", title="Ours", editor="spade",
                options={"weights": "/srv/nets/b.pth"}, record={"options": {"weights": "/srv/nets/b.pth"}},
                recipe={"data": {"path": "/srv/data/rooms"}},
                problem="/srv/nets/b.pth: is damaged",
            ),
        ),
        notices=(RunNotice(kind="note", task="t", what="method", name="ours", text="see /srv/x/y.txt"),),
    )  # fmt: skip
    kept = portable_header(header)
    assert kept.suite["datasets"]["rooms"] == {"path": "…/rooms", "segmenter": "onnx:…/a.onnx"}
    assert kept.suite["tasks"] == [
        {"parameters": {"classes": ["/m/0dzct"]}},
        {"parameters": {"folder": "…/irregular", "pairing": "sorted"}},
    ]
    assert kept.suite["methods"][0]["options"] == {"weights": "'…/b.pth'", "radius": 4}
    (method,) = kept.methods
    assert method.options == {"weights": "…/b.pth"}
    assert method.record == {"options": {"weights": "…/b.pth"}}
    assert method.recipe == {"data": {"path": "…/rooms"}}
    assert method.problem == "…/b.pth: is damaged"
    assert kept.notices[0].text == "see …/y.txt"
    assert portable_header(kept) == kept


def test_a_path_among_the_parameters_of_a_protocol_from_elsewhere_is_cut_whatever_its_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "strokes.npz").touch()
    parameters = {"strokes": str(tmp_path / "strokes.npz"), "thing": "/m/0dzct", "share": 0.5}
    kept = portable_suite({"tasks": [{"protocol": "mine@1", "parameters": parameters}]})
    cut = {**parameters, "strokes": "…/strokes.npz"}
    assert kept == {"tasks": [{"protocol": "mine@1", "parameters": cut}]}
    assert list(unknown_paths(kept)) == ["…/strokes.npz"]


def test_paths_come_back_from_a_suite_that_has_the_same_last_parts() -> None:
    whole = {
        "datasets": {"rooms": {"path": "/srv/data/rooms"}},
        "tasks": [{"dataset": "rooms", "parameters": {"folder": "/srv/masks/irregular"}}],
        "methods": [
            {"name": "other", "options": {"weights": "/srv/nets/other.pth"}},
            {"name": "ours", "options": {"weights": "/srv/nets/b.pth"}},
        ],
    }
    kept = {
        "datasets": {"rooms": {"path": "…/rooms"}},
        "tasks": [{"dataset": "rooms", "parameters": {"folder": "…/irregular"}}],
        "methods": [{"name": "ours", "options": {"weights": "…/b.pth"}}],
    }
    found = restored(kept, whole)
    assert found["datasets"] == whole["datasets"]
    assert found["methods"] == whole["methods"][1:]
    assert found["tasks"] == whole["tasks"]
    assert list(unknown_paths(found)) == []
    moved = {**whole, "datasets": {"rooms": {"path": "/srv/data/streets"}}}
    assert list(unknown_paths(restored(kept, moved))) == ["…/rooms"]
    assert list(unknown_paths(kept)) == ["…/rooms", "…/irregular", "…/b.pth"]
