"""A report for a static host: everything in one place, and nothing leads out of it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from reports.report import report
from tests.reports.made_run import make_run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run") / "mine", edits=4, methods=3, tasks=1, size=16)


def test_the_folder_has_the_page_its_images_tracebacks_and_scores(made: Path):
    folder = report(made, bundle=True)
    assert folder == made / "bundle"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert json.loads(data(page))["root"] == "images"
    wanted = {path.relative_to(made) for path in made.glob("predictions/**/*.png")}
    assert {
        path.relative_to(folder / "images") for path in (folder / "images").rglob("*.png")
    } >= wanted
    links = re.findall(r'href="([^"#]+)"', page)
    assert "failures/task-0/nearest/0123456789ab.txt" in links
    assert all((folder / link).is_file() for link in links if not link.startswith("data:"))
    assert str(made) not in page
    rows = list(csv.DictReader(io.StringIO((folder / "scores.csv").read_text(encoding="utf-8"))))
    assert {row["method"] for row in rows} >= {"copy", "nearest"}
    assert (folder / ".nojekyll").is_file()
    report(made, bundle=True)  # replaces its own


def test_a_zip_holds_the_same_files_and_the_same_bytes_each_time(made: Path, tmp_path: Path):
    folder = report(made, tmp_path / "site", bundle=True)
    zips = [report(made, tmp_path / f"{name}.zip", bundle=True) for name in ("a", "b")]
    with zipfile.ZipFile(zips[0]) as archive:
        names = archive.namelist()
        content = {name: archive.read(name) for name in names}
    assert content == {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert zips[0].read_bytes() == zips[1].read_bytes()
    report(made, zips[0], bundle=True)  # replaces its own


def test_what_is_somebody_elses_stays(made: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(BadInput, match="siebench did not write it"):
        report(made, tmp_path / "mine.zip", bundle=True)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "scores.csv").write_text("mine")
    with pytest.raises(BadInput, match=r"scores\.csv: is there already"):
        report(made, tmp_path / "folder", bundle=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(
        BadInput, match=r"is a file; give a folder for the bundle, or a name in \.zip"
    ):
        report(made, tmp_path / "file", bundle=True)
    with pytest.raises(BadInput, match="a single file is a bundle already"):
        report(made, tmp_path / "x", single_file=True, bundle=True)


def data(page: str) -> str:
    return page.split('id="page-data">')[1].partition("</script>")[0]
