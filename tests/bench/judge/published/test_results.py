"""The published numbers are kept as they were found."""

import hashlib
import json
from pathlib import Path

import pytest

import bench.judge.published
from bench.judge.published.results import (
    PROVENANCE,
    all_published,
    context_methods,
    context_papers,
    find_published,
)

FILE = Path(bench.judge.published.__file__).parent / "results.json"
RECONSTRUCTION = "reconstruction (mask + own style image)"


def test_the_rows_that_were_gathered_first_are_unchanged():
    # Of the first 141 rows three are replaced: "SEAN (row attribution, see note)" on Cityscapes is
    # now SEAN's own row, from the authors' LaTeX, with the same values.
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    assert len(rows) == 476
    lines = [json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows[:138]]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert digest == "ce0bae62ec3bbcac9d09ff5885f672ce6fc0afb1117075b498440c7fec550796"
    # Runs of earlier versions ask for the row by its former name.
    for metric, value in (("mIoU", 57.88), ("accuracy", 93.59), ("FID", 50.38)):
        for method in ("SEAN", "SEAN (row attribution, see note)"):
            where = {"dataset": "Cityscapes", "task": RECONSTRUCTION, "metric": metric}
            (one,) = find_published(**where, method=method)
            assert (one.value, one.provenance, one.method) == (value, "paper", "SEAN")


def test_no_row_is_there_twice():
    assert len(set(all_published())) == len(all_published())


def test_papers_for_context_are_told_apart():
    ours = {one.paper for one in all_published() if not one.context}
    assert not ours & set(context_papers())
    assert "context: PLACE (CVPR 2024, arXiv 2403.01852)" in context_papers()
    assert any(paper.startswith("SEAN") for paper in ours)
    methods = context_methods([("ADE20K", "label-to-image synthesis", "FID")])
    assert {"PLACE", "OASIS"} <= set(methods)
    assert "CRN" not in methods  # SPADE's own table has it


def test_every_value_names_its_source_and_its_kind():
    for one in all_published():
        assert one.source.strip()
        assert one.provenance in PROVENANCE


def test_the_corrected_value_and_the_printed_one_are_told_apart():
    where = {"dataset": "not stated in the correction", "task": "object removal"}
    corrected = find_published(**where, method="SESAME", metric="SSIM_corrected")
    printed = find_published(**where, method="SESAME", metric="SSIM_as_printed")
    assert [one.value for one in corrected] == [0.597]
    assert [one.value for one in printed] == [0.797]
    assert "corrected" in corrected[0].note


def test_the_most_trusted_kind_of_source_comes_first():
    found = find_published(
        dataset="ADE20K-Room", task="free-form editing", method="SPMPGAN", metric="FID"
    )
    assert [one.provenance for one in found] == ["summary", "digest"]
    assert {one.value for one in found} == {18.83}


def test_a_paper_may_be_asked_alone():
    quantity = {
        "dataset": "ADE20K-Room",
        "task": "free-form editing",
        "method": "SPMPGAN",
        "metric": "FID",
    }
    alone = find_published(**quantity, papers=["SIEDOB (CVPR 2023, arXiv 2303.13062)"])
    assert [one.provenance for one in alone] == ["digest"]


@pytest.mark.parametrize("metric", ["FID", "LPIPS"])
def test_what_nobody_published_stays_missing(metric):
    assert (
        find_published(dataset="Cityscapes", task="object addition", method="SESAME", metric=metric)
        == ()
    )
