from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from bench.core.errors import BadInput
from reports.export import FORMS, export
from reports.report import _copy, report
from tests.reports.made_run import CLASSES, HOSTILE, PER_EDIT, SPACE, TRACEBACK, make_run


class Seen(HTMLParser):
    """Collects every element, the addresses it asks for, and the text that a reader sees."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.data: dict[str, str] = {}
        self.inside = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.addresses += [values[name] or "" for name in ("src", "href") if name in values]
        self.inside = (values.get("id") or tag) if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.data[self.inside] = self.data.get(self.inside, "") + data
        else:
            self.text.append(data)


@pytest.fixture(scope="module")
def page(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("report") / "run"
    shutil.copytree(made, copy)
    return report(copy)


@pytest.fixture(scope="module")
def seen(page: Path) -> Seen:
    return Seen(page)


def test_the_page_lies_in_the_run_and_shows_images_from_there(page: Path, seen: Seen):
    assert page.parts[-2:] == ("report", "index.html")
    assert json.loads(seen.data["page-data"])["root"] == ".."


def test_the_page_asks_for_nothing_outside_itself(seen: Seen):
    assert all(address.startswith(("#", "data:", "../failures/")) for address in seen.addresses)
    assert "link" in seen.tags
    assert not re.search(r"@import|url\((?!#)", seen.data["style"])


def test_a_dataset_called_script_is_text_everywhere(page: Path, seen: Seen):
    assert HOSTILE not in page.read_text(encoding="utf-8")
    assert any(HOSTILE in text for text in seen.text)
    # The theme's script, the run, the slices, three tasks and the page's own script; no eighth.
    assert seen.tags.count("script") == 7


def test_data_in_scripts_cannot_end_them(seen: Seen):
    titles = [json.loads(seen.data[f"page-data-task-{i}"])["title"] for i in range(3)]
    assert titles[2] == f"{HOSTILE}, extension"
    assert all("<" not in seen.data[f"page-data-task-{i}"] for i in range(3))


def test_every_edit_and_value_is_in_the_data(seen: Seen):
    data = json.loads(seen.data["page-data-task-0"])
    assert len(data["edits"]) == 10
    assert [metric["name"] for metric in data["metrics"]] == [
        "psnr", "psnr-hole", "l1-hole", "lpips-alex", "miou-influence",
    ]  # fmt: skip
    assert data["states"][2] == "ooofoooooo"
    assert data["reasons"][2] == {"3": "result has NaN in 12 of 4096 pixels"}
    assert data["values"][0][2][3] is None
    assert data["values"][0][2][4] == pytest.approx(30, abs=10)


def test_reasons_failures_and_impossible_edits_are_told(seen: Seen):
    text = " ".join(" ".join(seen.text).split())
    assert "the weights pt_inception-2015-12-05 are not here" in text
    assert "failed at 1 of 10: result has NaN in 12 of 4096 pixels" in text
    assert "Impossible , 2: no object is large enough" in text
    assert "Broken could not be run: no module named 'elsewhere'" in text
    assert "see the hidden pixels" in text


def test_a_command_in_a_reason_is_code_and_has_no_backquotes(page: Path, seen: Seen):
    assert "<code>siebench weights fetch fid-inception</code> gets them (" in page.read_text(
        "utf-8"
    )
    assert not any("`" in text for text in seen.text)


def test_scores_of_classes_and_slices_say_that_nobody_judged_them(page: Path):
    text = page.read_text(encoding="utf-8")
    tables = text.count("<summary>mIoU per class ↑</summary>")
    assert tables == 3
    assert text.count("Classes are not judged: the best of one may be first by chance.") == tables
    assert text.count("Slices are not judged: the best of one may be first by chance.") == 1


def test_provenance_holds_hashes_with_their_records(seen: Seen):
    text = " ".join(seen.text)
    assert "0123456789ab with uncommitted changes" in text
    assert "00" * 32 in text
    assert '"composite": "known-bytes"' in text


def test_the_legend_lists_the_classes_that_occur_only(seen: Seen):
    data = json.loads(seen.data["page-data-task-0"])
    assert sorted(name for name, _ in data["classes"].values()) == sorted(CLASSES[:5])


def test_a_report_elsewhere_takes_the_images_along(made: Path, tmp_path: Path):
    page = report(made, tmp_path / "out")
    assert json.loads(Seen(page).data["page-data"])["root"] == "images"
    images = tmp_path / "out" / "images"
    original = "edits/task-0/scene-0000.0/original.png"
    assert (images / original).read_bytes() == (made / original).read_bytes()
    assert (images / "predictions/task-0/diffusion/scene-0000.0.png").is_file()


def test_a_single_file_carries_its_images(made: Path, tmp_path: Path):
    page = report(made, tmp_path / "out", single_file=True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
    embedded = json.loads(Seen(page).data["page-data"])["embedded"]
    assert embedded["edits/task-0/scene-0000.0/target.png"].startswith("data:image/png;base64,")
    assert len(embedded) == 3 * 10 * (3 + 5) - 3  # images of an edit, less a failure per task


def test_an_unfinished_run_is_shown_as_far_as_it_has_come(tmp_path: Path):
    run = make_run(tmp_path / "run", edits=2, methods=2, tasks=1)
    text = (run / "run.json").read_text().replace('"state": "done"', '"state": "running"')
    (run / "run.json").write_text(text)
    for file in ("scores.parquet", "costs.parquet", "samples/task-0/00000.parquet"):
        (run / file).unlink()
    assert "This run is not finished" in " ".join(Seen(report(run)).text)


def test_no_folder_of_the_machine_is_in_a_report_or_an_export(tmp_path: Path):
    folder, home = make_run(tmp_path / "run", edits=4, methods=4, tasks=1), "/home/ada/nets"
    header = json.loads((folder / "run.json").read_text())
    header["methods"][-1]["problem"] = f"the weights are missing at {home}/a.pth"
    header["suite"]["methods"] = [{"name": "ours", "options": {"weights": f"{home}/b.pth"}}]
    unreadable = {"scene": "s", "sample": 0, "reason": f"{home}/c.png: is damaged"}
    header["tasks"][0]["unreadable"] = [unreadable]
    (folder / "run.json").write_text(json.dumps(header))
    scores = pd.read_parquet(folder / "scores.parquet")
    scores.loc[scores["metric"] == "fid", "reason"] = f"missing at {home}/d.pth"
    scores.to_parquet(folder / "scores.parquet")
    shard = folder / "samples/task-0/00000.parquet"
    samples = pd.read_parquet(shard)
    samples["no_ground_truth"] = f"none at {home}/g.png"
    samples["psnr"] = None
    failed = samples["status"] == "failed"
    assert failed.any()
    samples.loc[failed, "reason"] = f"FileNotFoundError: '{home}/e.pth'"
    samples.to_parquet(shard)
    log = folder / "failures/task-0/nearest" / TRACEBACK
    log.write_text(f'File "{home}/f.py", line 3', encoding="utf-8")

    page = report(folder, tmp_path / "out")
    single = report(folder, tmp_path / "single", single_file=True)
    copied = tmp_path / "out" / log.relative_to(folder)
    texts = [path.read_text(encoding="utf-8") for path in (page, single, copied)]
    texts += [export(folder, form) for form in FORMS]
    texts.append(export(folder, "csv", by="coverage"))
    assert "…/g.png" in texts[-1]
    assert not any("/home/ada" in text or "nets/" in text for text in texts)
    assert all(f"…/{name}" in texts[1] for name in ("a.pth", "b.pth", "c.png", "d.pth", "e.pth"))
    assert texts[2] == 'File "…/f.py", line 3'


def test_a_map_of_more_than_255_classes_is_coloured_beside_the_page(tmp_path: Path):
    import numpy as np
    from PIL import Image

    run = make_run(tmp_path / "run", edits=1, methods=1, tasks=1)
    names = [f"class {i}" for i in range(300)]
    space = {"name": "wide", "classes": names, "palette": [[i // 2, 7, 9] for i in range(300)]}
    text = (run / "run.json").read_text()
    content = json.loads(text)
    assert content["tasks"][0]["space"] == SPACE
    content["tasks"][0]["space"] = space
    (run / "run.json").write_text(json.dumps(content))
    target = run / "edits/task-0/scene-0000.0/target.png"
    Image.fromarray(np.full((64, 64), 281, np.uint16)).save(target)
    report(run)
    with Image.open(run / "report/maps/task-0/scene-0000.0.png") as drawn:
        assert drawn.convert("RGB").getpixel((5, 5)) == (140, 7, 9)


def test_the_page_is_small_at_five_hundred_edits_and_eight_methods(tmp_path: Path):
    page = report(make_run(tmp_path / "run", edits=500, methods=8, tasks=1, size=16))
    assert page.stat().st_size <= 5 * 2**20


def test_a_folder_without_a_run_is_bad_input(tmp_path: Path):
    with pytest.raises(BadInput, match="no run"):
        report(tmp_path)


def test_a_file_in_the_way_is_bad_input(made: Path, tmp_path: Path):
    (tmp_path / "out").write_text("")
    with pytest.raises(BadInput, match="is a file"):
        report(made, tmp_path / "out")


def test_reports_and_figures_never_import_torch(made: Path, tmp_path: Path):
    code = (
        "import sys; from reports.report import report; import reports.export, reports.figures; "
        f"report({str(made)!r}, {str(tmp_path / 'out')!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_image_that_changed_is_copied_again_although_its_size_is_the_same(tmp_path: Path):
    source, target = tmp_path / "one.png", tmp_path / "out" / "one.png"
    for content in (b"before", b"behind"):
        source.write_bytes(content)
        _copy(source, target)
        assert target.read_bytes() == content


def test_where_no_edit_has_values_there_is_no_plot_of_two(tmp_path: Path):
    run = make_run(tmp_path / "run", edits=2, methods=2, tasks=1, size=16)
    (shard,) = (run / "samples").rglob("*.parquet")
    assert 'class="more scatter"' in report(run).read_text()
    pd.read_parquet(shard).drop(columns=list(PER_EDIT)).to_parquet(shard)
    (run / "replicates.parquet").unlink()
    assert 'class="more scatter"' not in report(run).read_text()
