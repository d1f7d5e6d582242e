"""An editor from elsewhere is another one where its code, its weights or its version is."""

from __future__ import annotations

import functools
import hashlib
import sys
from pathlib import Path

import pytest
import torch

from bench.plugins.kinds import EDITORS
from bench.plugins.origin import origin, source_hash
from bench.run.methods import make_methods
from bench.suite.schema import MethodEntry

EDITOR = "class Mine:\n    needs = frozenset()\n    def edit(self, batch):\n        return batch.masked\n"


def record(name: str, editors=None, **more):
    with EDITORS.offering(editors):
        entry = MethodEntry(name="m", editor=name, **more)
        (method,) = make_methods([entry], device="cpu", batch_size=1, trust=True)
    return method.record


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes modules of the working folder, as they were never imported: module(name="source")."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(**sources: str) -> None:
        for name, source in sources.items():
            path = Path(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(source)
        for name in sources:
            for loaded in [one for one in sys.modules if one.split(".")[0] == name.split("__")[0]]:
                monkeypatch.delitem(sys.modules, loaded)

    return write


def test_our_own_editors_keep_their_record() -> None:
    assert set(record("mean-colour")) == {
        "editor", "options", "identity", "code", "batch_shape", "device"
    }  # fmt: skip


def test_a_module_of_the_working_folder_is_known_by_its_source(module) -> None:
    module(mine_a=EDITOR)
    before = record("mine_a:Mine")["source"]
    assert before == record("mine_a:Mine")["source"]
    assert set(before) == {"code"}
    module(mine_a=EDITOR + "# changed\n")
    assert record("mine_a:Mine")["source"] != before


def test_what_a_module_imports_from_its_package_is_part_of_it(module) -> None:
    package = {"pack__models__net": "from ..layers import norm", "pack__layers__norm": "A = 1"}
    module(pack__editor=f"from pack.models import net\n{EDITOR}", pack__spare="B = 1", **package)
    before = record("pack.editor:Mine")["source"]
    module(pack__spare="B = 2")
    assert record("pack.editor:Mine")["source"] == before
    module(pack__layers__norm="A = 2")
    assert record("pack.editor:Mine")["source"] != before


def test_a_loose_module_takes_in_what_lies_beside_it(module) -> None:
    module(mine_b=f"import beside_b\n{EDITOR}", beside_b="A = 1")
    before = record("mine_b:Mine")["source"]
    module(beside_b="A = 2")
    assert record("mine_b:Mine")["source"] != before


def test_a_module_without_a_source_has_no_hash() -> None:
    assert source_hash("math") is None
    assert source_hash("no.such.module") is None


def test_a_plugin_is_known_by_its_distribution_and_version(install) -> None:
    install("origin-plugins", {"editors": {"origin-a": "origin_a:Mine"}}, {"origin_a": EDITOR})
    found = record("origin-a")["source"]
    assert found["distribution"] == "origin-plugins 1.0"
    assert set(found) == {"distribution", "code"}


class Network:
    needs = frozenset()

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.network = torch.nn.Conv2d(3, 3, 3)

    def edit(self, batch):
        return batch.masked


def test_two_differently_seeded_networks_are_two_methods() -> None:
    one, again, other = (record("mine", {"mine": Network(seed)})["source"] for seed in (0, 0, 1))
    assert one == again
    assert one["code"] == other["code"]
    assert one["weights"] != other["weights"]


def test_networks_of_half_precision_have_a_hash() -> None:
    editor = Network(0)
    editor.network.to(torch.bfloat16)
    assert len(record("mine", {"mine": editor})["source"]["weights"]) == 64


class Holding:
    """Holds something that no hash can see."""

    needs = frozenset()

    def __init__(self, how) -> None:
        self.how = how

    def edit(self, batch):
        return self.how(batch.masked)


def test_an_object_that_holds_what_nobody_can_tell_is_only_equal_to_itself() -> None:
    one, other = Holding(torch.relu), Holding(torch.neg)
    assert record("mine", {"mine": one}) == record("mine", {"mine": one})
    assert record("mine", {"mine": one}) != record("mine", {"mine": other})
    with EDITORS.offering({"mine": one}):
        entry = MethodEntry(name="m", editor="mine")
        (method,) = make_methods([entry], device="cpu", batch_size=1)
    assert not method.recognised


class Plain:
    """Holds nothing."""

    needs = frozenset()

    def edit(self, batch):
        return batch.masked


class Maker:
    """Makes editors by a method."""

    def __init__(self, how) -> None:
        self.how = how

    def make(self):
        return Holding(self.how)


@pytest.mark.parametrize(
    "factory",
    [
        lambda how: functools.partial(Holding, how),
        lambda how: functools.partial(Holding, how=how),
        lambda how: functools.partial(functools.partial(Holding), how),
        lambda how: functools.partial(lambda: Holding(how)),
        lambda how: Maker(how).make,
    ],
    ids=["argument", "option", "nested", "closure", "method"],
)
def test_what_is_bound_to_a_class_or_function_is_held_too(factory) -> None:
    one, other = factory(torch.relu), factory(torch.neg)
    assert record("mine", {"mine": one}) == record("mine", {"mine": one})
    assert record("mine", {"mine": one}) != record("mine", {"mine": other})


def test_a_class_in_a_partial_call_that_binds_nothing_is_known_by_its_own_source() -> None:
    bound = record("mine", {"mine": functools.partial(Plain)})
    assert bound["source"] == record("mine", {"mine": Plain})["source"]


def test_an_object_that_declares_what_it_holds_is_recognised() -> None:
    one, same, other = Holding(torch.relu), Holding(torch.relu), Holding(torch.neg)
    for editor, name in ((one, "relu"), (same, "relu"), (other, "neg")):
        editor.identity = {"how": name}
    assert record("mine", {"mine": one}) == record("mine", {"mine": same})
    assert record("mine", {"mine": one}) != record("mine", {"mine": other})
    assert "object" not in record("mine", {"mine": one})["source"]


def test_a_class_is_known_by_its_source_and_options() -> None:
    found = record("mine", {"mine": Network}, options={"seed": 1})
    assert set(found["source"]) == {"code", "weights"}
    assert found["source"] == record("mine", {"mine": Network(1)})["source"]


PALETTE = """
from pathlib import Path

class Mine:
    needs = frozenset()
    places = ("palette", "notes")
    anywhere = ("notes",)
    def __init__(self, palette, notes="", size=1):
        self.read = Path(palette).read_text()
    def edit(self, batch):
        return batch.masked
"""


def test_a_file_that_an_option_names_is_known_by_what_it_holds(module, tmp_path) -> None:
    module(mine_d=PALETTE)
    (tmp_path / "notes.txt").write_text("told by the identity")
    options = {"palette": "red.txt", "notes": "notes.txt", "size": 2}
    found = []
    for text in ("red", "reddish", "red"):
        (tmp_path / "red.txt").write_text(text)
        found.append(record("mine_d:Mine", options=options)["source"])
    assert found[0] == found[2] != found[1]
    assert found[0]["files"] == {"palette": hashlib.sha256(b"red").hexdigest()}


def test_an_editor_that_could_not_be_made_still_has_its_code(module) -> None:
    module(mine_c=EDITOR)
    assert set(origin(EDITORS.find("mine_c:Mine", trust=True), None) or {}) == {"code"}
