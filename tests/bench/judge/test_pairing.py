"""Which score meets which, and their difference."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import masks
from bench.core.errors import BadInput
from bench.judge.pairing import check_methods, difference_of, pairs
from bench.judge.run_scores import scores_of_run
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.judge.made_scores import of_scenes, per_edit, score_set
from tests.bench.run.made_suite import suite_text, write_data

BASE = np.array([20.0, 22.0, 25.0, 21.0])


def test_edits_are_paired_by_id_and_not_by_place() -> None:
    before = per_edit("psnr", BASE)
    turned = per_edit("psnr", BASE[::-1] + 1)
    after = dataclasses.replace(turned, units=before.units[::-1], scenes=before.scenes[::-1])
    found = difference_of(before, after)
    assert (found.estimate, found.n, found.scenes) == (1.0, 4, 4)


def test_scores_of_whole_sets_are_paired_by_scene() -> None:
    found = difference_of(of_scenes("fid", 30.0, BASE), of_scenes("fid", 28.5, BASE - 1.5))
    assert (found.estimate, found.scenes) == (-1.5, 4)


def test_scenes_that_do_not_show_a_class_are_no_evidence_about_it() -> None:
    unmoved = np.full(30, 0.5)  # one scene alone shows it: without any scene its value stays
    before = of_scenes("miou", 0.5, unmoved, of="person")
    after = of_scenes("miou", 0.4, unmoved - 0.1, of="person")
    found = difference_of(before, after)
    assert found.error is None
    assert "only one shows the class" in found.note


def test_scores_without_values_give_the_bare_difference_and_the_reason() -> None:
    bare = dataclasses.replace(per_edit("miou", BASE), kind="none", units=(), scenes=())
    found = difference_of(bare, dataclasses.replace(bare, value=25.0))
    assert (found.estimate, found.error) == (3.0, None)
    assert found.note == "cannot be paired: the values behind it were not kept"


def test_pairs_leave_out_what_has_no_better_direction_and_what_one_lacks() -> None:
    before = score_set(per_edit("psnr", BASE), per_edit("seam", BASE), per_edit("l1", BASE))
    after = score_set(per_edit("psnr", BASE), per_edit("seam", BASE))
    assert [pair.key.metric for pair in pairs(before, after, [("ours", "ours")])] == ["psnr"]


def test_an_edit_of_one_run_alone_is_named() -> None:
    with pytest.raises(BadInput, match=r"4 edits against 3 \(only one has 's3\.0'\)"):
        difference_of(per_edit("psnr", BASE), per_edit("psnr", BASE[:3]))


def test_a_difference_on_common_edits_says_on_how_many() -> None:
    before, after = per_edit("psnr", BASE), per_edit("psnr", BASE[:3] + 1)
    found = difference_of(before, after, common_only=True)
    assert (found.estimate, found.n) == (1.0, 3)
    assert found.note.startswith("on 3 common edits of 4 and 3")


def test_a_mean_over_some_edits_is_a_score_of_its_own() -> None:
    whole = per_edit("psnr", BASE)
    part = whole.on({"s1.0", "s3.0", "of another run"})
    assert (part.value, part.n, part.units, part.scenes) == (
        21.5, 2, ("s1.0", "s3.0"), ("s1", "s3"),
    )  # fmt: skip
    assert whole.on(whole.units) is whole


def test_a_method_that_did_not_run_is_refused_with_its_reason() -> None:
    scores = score_set(per_edit("psnr", BASE), problems={"ours": "its weights are not here"})
    with pytest.raises(BadInput, match="'ours' did not run: its weights are not here"):
        check_methods(scores, ["ours"], ["rooms"])


@dataclasses.dataclass(frozen=True)
class Band(masks.Protocol):
    key: ClassVar[str] = "band@1"
    operation: ClassVar[masks.Operation] = "inpaint"

    width: ClassVar[int] = 8  # no parameter: what its author changed in the code

    def draw(self, site, *, seed=0, sample=0):
        mask = np.zeros(site.size, dtype=bool)
        mask[:, : self.width] = True
        return masks.inpaint(site, mask)


def test_edits_that_a_protocol_draws_otherwise_under_one_name_are_refused(
    tmp_path: Path, monkeypatch
) -> None:
    text = suite_text(
        write_data(tmp_path / "rooms", 2),
        tasks="[{name: edits, dataset: rooms, protocol: band@1}]",
        methods="[mean-colour]",
    )
    runs = {}
    for name, width in (("first", 8), ("again", 8), ("other", 12)):
        monkeypatch.setattr(Band, "width", width)
        suite = parse_suite(text, "made.yaml")
        made = run_suite(suite, out=tmp_path / name, device="cpu", protocols={"band@1": Band})
        runs[name] = scores_of_run(made)
    both = [("mean-colour", "mean-colour")]
    assert all(pair.difference.estimate == 0 for pair in pairs(runs["first"], runs["again"], both))
    with pytest.raises(
        BadInput, match=r"edits: the mask of edit 'scene0' is not the same in .*first"
    ):
        list(pairs(runs["first"], runs["other"], both))
