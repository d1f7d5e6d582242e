"""A run uses the results of a method only where it can tell that the method is still the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.core.errors import BadInput
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


class Seeded:
    needs = frozenset()

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.network = torch.nn.Conv2d(3, 3, 1)

    def edit(self, batch):
        return self.network(batch.masked).tanh()


class Holding:
    """Gives what a function makes of the masked image, and counts its batches."""

    needs = frozenset()

    def __init__(self, how) -> None:
        self.how = how
        self.batches = 0

    def edit(self, batch):
        self.batches += 1
        return self.how(batch.masked)


@pytest.fixture
def carried_out(tmp_path: Path):
    text = suite_text(
        write_data(tmp_path / "rooms", 2),
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        methods="[mine]",
        metrics="[l1]",
    )
    suite = parse_suite(text, "s")
    return lambda mine, **more: run_suite(
        suite, out=tmp_path / "run", device="cpu", editors={"mine": mine}, **more
    )


def score(outcome) -> float:
    return float(outcome.scores.query("method == 'mine' and metric == 'l1'")["value"].iloc[0])


def test_a_network_that_was_trained_anew_is_refused_and_can_be_carried_out_again(carried_out):
    first = score(carried_out(Seeded(0)))
    assert score(carried_out(Seeded(0))) == first
    with pytest.raises(
        BadInput, match=r"method mine\.source\.weights is .* here and .*--fresh mine"
    ):
        carried_out(Seeded(1))
    assert score(carried_out(Seeded(1), fresh=["mine"])) != first


def test_an_object_that_does_not_tell_what_it_holds_is_carried_out_again(carried_out):
    one, other = Holding(torch.neg), Holding(torch.cos)
    first = carried_out(one)
    value = score(first)
    assert [n.name for n in first.header.notices if "declare its `identity`" in n.text] == ["mine"]
    batches = one.batches
    carried_out(one)
    assert one.batches == batches
    assert score(carried_out(other)) != value
    assert other.batches > 0
