"""Editors are found through entry points; a broken one hurts nothing else."""

from importlib.metadata import EntryPoint

import pytest
import torch

from bench.core.errors import BadInput
from bench.plugins import editors
from bench.plugins.editors import create_editor, registered_editors


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
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {name: f"{__name__}:{name}" for name in ("Good", "Greedy", "lame")}
    points = [EntryPoint(name.lower(), target, editors.GROUP) for name, target in here.items()]
    points.append(EntryPoint("broken", "no_such_package.module:Editor", editors.GROUP))

    def load(point: EntryPoint):
        return globals()[point.attr] if point.module == __name__ else EntryPoint.load(point)

    monkeypatch.setattr(editors, "entry_points", lambda group: points)
    monkeypatch.setattr(editors, "_import", load)


def test_a_plugin_is_made_with_its_options() -> None:
    assert create_editor("good", {"grey": 0.5}).grey == 0.5


def test_a_broken_plugin_is_listed_with_its_reason_beside_the_others() -> None:
    listed = {one.name: one for one in registered_editors()}
    assert listed["broken"].problem == "ModuleNotFoundError: No module named 'no_such_package'"
    assert listed["good"].problem is None
    assert listed["good"].summary == "Paints grey."
    assert listed["good"].needs == {"instances"}


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("goood", {}, "unknown editor 'goood'; did you mean 'good'"),
        ("good", {"gray": 1}, "unknown option of editor 'good': 'gray'; did you mean 'grey'"),
        ("broken", {}, "cannot be used: ModuleNotFoundError"),
        ("lame", {}, "lacks `needs` or `edit"),
        ("greedy", {}, r"needs \['answer'\], which no batch has"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(name: str, options: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        create_editor(name, options)
