"""The published numbers are kept as they were found."""

import pytest

from bench.judge.published.results import PROVENANCE, all_published, find_published


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
