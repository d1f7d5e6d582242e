"""The checks find what breaks a contract, and nothing in what is registered."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch

from bench.core.errors import BadInput, PluginFailed, Unavailable
from bench.plugins.kinds import EDITORS, EXECUTORS
from bench.run.conformance import check_editor, check_executor
from bench.run.executors.local import Local
from siebench.testing import check

WITHOUT_WEIGHTS = ("copy", "diffusion", "mean-colour", "nearest", "telea")


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_every_editor_that_needs_no_weights_conforms(name: str) -> None:
    assert EDITORS.check(EDITORS.get(name)) == []


@pytest.mark.parametrize("name", EXECUTORS.names())
def test_every_executor_conforms(name: str) -> None:
    try:
        assert EXECUTORS.check(EXECUTORS.get(name)) == []
    except Unavailable as missing:
        pytest.skip(str(missing))  # the session `integration` has it


class Editor:
    """Grey; the classes below break the contract in one point each."""

    needs: frozenset[str] = frozenset()

    def edit(self, batch):
        return torch.zeros_like(batch.masked)


class Small(Editor):
    def edit(self, batch):
        return torch.zeros_like(batch.masked)[:, :, ::2]


class Bright(Editor):
    def edit(self, batch):
        return torch.full_like(batch.masked, 3.0)


class Halves(Editor):
    def edit(self, batch):
        return torch.zeros_like(batch.masked).half()


class Moody(Editor):
    def edit(self, batch):
        return torch.rand_like(batch.masked)


class Sociable(Editor):
    def edit(self, batch):
        return torch.zeros_like(batch.masked) + batch.masked.mean()


class Careless(Editor):
    def edit(self, batch):
        batch.masked.zero_()
        return batch.masked.clone()


class Curious(Editor):
    needs = frozenset({"depth"})


class Unwritable(Editor):
    identity: ClassVar = {"how": object()}


class Unnetworked(Editor):
    network = "resnet"


class Crashing(Editor):
    def edit(self, batch):
        raise KeyError("weight")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Small, r"gave \[3, 3, 32, 64\] where float32 \[3, 3, 64, 64\]"),
        (Bright, "values up to 3 in the masked region"),
        (Halves, "gives torch.float16, float32 is asked for"),
        (Moody, "is not the same when it is run again"),
        (Sociable, "depends on the other edits of its batch"),
        (Careless, "changes masked of the batch"),
        (Curious, r"needs \['depth'\], which no batch has"),
        (Unwritable, "identity: cannot be written as JSON"),
        (Unnetworked, "network: must be a torch.nn.Module"),
        (Crashing, "raises KeyError"),
    ],
)
def test_an_editor_that_breaks_its_contract_is_told_how(kind: type, sentence: str) -> None:
    found = check_editor(kind())
    assert any(__import__("re").search(sentence, line) for line in found), found


def test_an_editor_that_conforms_may_be_an_object_or_a_class() -> None:
    assert check_editor(Editor) == check_editor(Editor()) == []


def test_a_path_that_the_constructor_does_not_take_is_told() -> None:
    class Mistyped(Editor):
        anywhere = ("wieghts",)

        def __init__(self, weights: str = "v1.pt") -> None: ...

    assert check_editor(Mistyped) == ["anywhere: names 'wieghts', which is no option of the editor"]


def test_a_factory_that_needs_options_says_so() -> None:
    def factory(path: str) -> Editor:
        raise BadInput(path)

    assert "cannot be made without options" in check_editor(factory)[0]


def test_an_editor_whose_library_is_missing_is_not_judged() -> None:
    class Needing(Editor):
        def __init__(self) -> None:
            raise Unavailable("paint is not installed: run `pip install paint`")

    with pytest.raises(Unavailable, match="paint is not installed"):
        check_editor(Needing)


def test_an_editor_whose_constructor_fails_says_how_and_not_that_it_wants_options() -> None:
    class Failing(Editor):
        def __init__(self) -> None:
            self.radius = None + 1

    with pytest.raises(PluginFailed, match="raised TypeError: unsupported operand") as failed:
        check("editor", Failing)
    assert isinstance(failed.value.__cause__, TypeError)


class NineClasses(Editor):
    """A network that knows nine classes and 96 pixels, and no others."""

    def edit(self, batch):
        if batch.one_hot().shape[1:] != (9, 96, 96):
            raise RuntimeError("expected input to have 9 channels")
        return super().edit(batch)


def test_an_editor_of_one_number_of_classes_is_tried_on_them() -> None:
    assert check_editor(NineClasses, classes=9, size=96) == []
    (sentence,) = check_editor(NineClasses)
    assert "The edits have 6 classes and 64 pixels a side" in sentence


@pytest.mark.parametrize("classes", [1, 2, 5, 300])
def test_the_made_edits_may_have_any_number_of_classes(classes: int) -> None:
    assert check_editor(Editor, classes=classes, size=40) == []


class Forgetful(Local):
    """Does not tell of the last shard."""

    def run(self, job, shards, done):
        told = []
        super().run(job, shards, told.append)
        for shard in told[:-1]:
            done(shard)


class Repeating(Local):
    """Tells of the last shard twice."""

    def run(self, job, shards, done):
        told = []
        super().run(job, shards, told.append)
        for shard in [*told, told[-1]]:
            done(shard)


class Lazy(Local):
    """Carries out nothing."""

    def run(self, job, shards, done):
        for shard in shards:
            done(shard)


def test_an_executor_that_does_not_tell_of_a_shard_is_found_out() -> None:
    (missed,) = check_executor(Forgetful())
    assert "`done` was not called once a shard (missed: [ShardRef(task='edits', number=" in missed
    assert missed.endswith("more than once: none)")
    (often,) = check_executor(Repeating())
    assert "(missed: none; more than once: [ShardRef(" in often


def test_an_executor_that_writes_something_else_is_found_out() -> None:
    assert "is not what the executor local writes" in check_executor(Lazy)[0]


def test_what_is_no_executor_is_told_what_it_lacks() -> None:
    assert "without `here`" in check_executor(object)[0]
