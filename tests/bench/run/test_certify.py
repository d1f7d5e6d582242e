"""A part of a run carried out again in other circumstances shows which numbers are exact."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.run.certify import PIXELS, certify, read_certificate
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from reports.report import report
from tests.bench.run.made_suite import suite_text, write_data


def test_a_deviation_is_named_and_the_rest_is_exact(tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms", 3)
    text = suite_text(
        data,
        methods="[copy, {editor: mean-colour, title: One colour}]",
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        metrics="[l1]",
    )
    suite = tmp_path / "made.yaml"
    suite.write_text(text)
    run_suite(suite, out=tmp_path / "run", device="cpu")
    file = tmp_path / "run" / "predictions" / "rooms-freeform" / "copy" / "scene0.png"
    with Image.open(file) as image:
        red, green, blue = image.getpixel((2, 2))
        image.putpixel((2, 2), ((red + 7) % 256, green, blue))
        image.save(file)
    found = certify(tmp_path / "run", limit=2, device="cpu", suite=suite).deviations
    assert {one.edits for one in found} == {2}
    deviating = [one for one in found if not one.exact]
    assert [(one.method, one.metric) for one in deviating] == [("copy", PIXELS)]
    assert deviating[0].largest in (7, 249)
    page = report(tmp_path / "run").read_text(encoding="utf-8").partition("Largest deviation")[2]
    assert '<th scope="row">One colour</th><th scope="row">L1</th>' in page
    assert f'<th scope="row">One colour</th><th scope="row">{PIXELS}</th>' in page
    run_suite(suite, out=tmp_path / "run", device="cpu", fresh=["copy"])
    assert read_certificate(read_run(tmp_path / "run")) is None
    data.rename(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="is not a folder; name the dataset's root"):
        certify(tmp_path / "run", device="cpu", suite=suite)


def test_a_run_that_has_no_result_is_refused_before_anything_is_carried_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = f"{{name: net, editor: spade, options: {{weights: {tmp_path / 'gone.pth'}}}}}"
    suite = made(tmp_path, 3, methods=f"[{gone}]", metrics="[l1]")
    run_suite(suite, out=tmp_path / "run", device="cpu")
    monkeypatch.setattr("bench.run.suite_run.run_suite", None)
    with pytest.raises(BadInput, match="has no result to compare; its report says why"):
        certify(tmp_path / "run", device="cpu", suite=suite)


def test_where_only_later_scenes_have_results_more_are_to_be_carried_out(tmp_path: Path) -> None:
    suite = made(tmp_path, 17, methods="[copy]", metrics="[leak]")
    run_suite(suite, out=tmp_path / "run", device="cpu")
    samples = tmp_path / "run/samples/rooms-object-remove/00000.parquet"
    samples.unlink()  # as of a run that was decided on other scenes,
    (tmp_path / "run/scores.parquet").unlink()  # whose scores are theirs
    with pytest.raises(BadInput, match=r"no edit of the first 2 scenes .* give a larger --limit"):
        certify(tmp_path / "run", limit=2, device="cpu", suite=suite)
    assert not (tmp_path / "run/certificate.json").exists()


def made(folder: Path, scenes: int, **fields: str) -> Path:
    """The file of a suite that removes objects from so many scenes."""
    tasks = "[{dataset: rooms, protocol: object-remove@1}]"
    suite = folder / "made.yaml"
    suite.write_text(suite_text(write_data(folder / "rooms", scenes), tasks=tasks, **fields))
    return suite
