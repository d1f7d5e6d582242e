"""Editors are made with a suite's options; what breaks the contract is one sentence."""

import pytest
import torch

from bench.core.errors import BadInput
from bench.plugins.editors import create_editor, declared_needs
from bench.plugins.kinds import EDITORS


class Good:
    """Paints grey."""

    needs = frozenset({"instances"})

    def __init__(self, grey: float = 0.0) -> None:
        self.grey = grey

    def edit(self, batch):
        return torch.full_like(batch.masked, self.grey)


class Greedy(Good):
    needs = frozenset({"answer"})


def lame() -> object:
    return object()


@pytest.fixture(autouse=True)
def offered():
    with EDITORS.offering({"good": Good, "greedy": Greedy, "lame": lame, "finished": Good(0.25)}):
        yield


def test_an_editor_is_made_with_its_options() -> None:
    assert create_editor("good", {"grey": 0.5}).grey == 0.5


def test_a_finished_editor_is_taken_as_it_is() -> None:
    assert create_editor("finished").grey == 0.25


def test_needs_are_read_from_the_class() -> None:
    assert declared_needs(Good) == {"instances"}
    assert declared_needs(lame) == frozenset()


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("goood", {}, "unknown editor 'goood'; did you mean 'good'"),
        ("good", {"gray": 1}, "unknown option of editor 'good': 'gray'; did you mean 'grey'"),
        ("good", {"grey": "wide"}, "option 'grey' is 'wide'; expected: number"),
        ("good", {"grey": [1]}, r"option 'grey' is \[1\]; expected: number"),
        ("finished", {"grey": 1}, "editor 'finished' takes no options, but 'grey' is given"),
        ("good", {"trust": True}, "options cannot say `trust`"),
        ("lame", {}, "lacks `needs` or `edit"),
        ("greedy", {}, r"needs \['answer'\], which no batch has"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(name: str, options: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        create_editor(name, options)
