"""A suite may name a module of the user's own, if the user agrees."""

SUITE = """
name: mine
datasets: {rooms: {dataset: procedural-rooms, size: 32, limit: 1}}
tasks: [{dataset: rooms, protocol: freeform@1}]
methods: [{name: mine, editor: "loose_editor:Grey", options: {level: 0.5}}]
metrics: [l1]
"""

GREY = """
import torch


class Grey:
    needs = frozenset()

    def __init__(self, level):
        self.level = level

    def edit(self, batch):
        return torch.full_like(batch.masked, self.level)
"""


def test_without_trust_the_sentence_says_what_to_do(call, install, tmp_path) -> None:
    install("loose", {}, {"loose_editor": GREY})
    (tmp_path / "mine.yaml").write_text(SUITE)
    code, _, err = call("run", tmp_path / "mine.yaml", "--out", tmp_path / "run")
    assert code == 2
    assert "line 5: methods.0: editor 'loose_editor:Grey' imports code" in err
    assert "agree with --trust" in err


def test_with_trust_it_runs(call, install, tmp_path) -> None:
    install("loose", {}, {"loose_editor": GREY})
    (tmp_path / "mine.yaml").write_text(SUITE)
    code, out, err = call("run", tmp_path / "mine.yaml", "--out", tmp_path / "run", "--trust")
    assert (code, err) == (0, "")
    assert out.startswith("1 edit, 0 impossible, 0 failed")


DATASET = """
from bench.scenes import ROOMS
"""


def test_masks_are_made_and_paired_for_a_dataset_of_a_module_that_is_trusted(
    call, install, tmp_path
) -> None:
    install("loose", {}, {"loose_dataset": DATASET})
    make = ("masks", "make", "freeform@1", "--data", "loose_dataset:ROOMS=", "--limit", "1")
    make += ("--size", "16", "--out", tmp_path / "pack")
    code, _, err = call(*make)
    assert code == 2
    assert "agree with --trust" in err
    assert call(*make, "--trust")[0] == 0
    (tmp_path / "masks").mkdir()
    pairs = ("masks", "pairs", tmp_path / "masks", "--data", "loose_dataset:ROOMS=", "--trust")
    code, _, err = call(*pairs)
    assert (code, "holds no PNG file" in err) == (2, True)
