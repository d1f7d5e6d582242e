"""Harmless objects beside the tensors are read as nothing; a name that is not listed is refused."""

from __future__ import annotations

import argparse
import collections
import datetime
import pathlib
import sys
import types

import numpy as np
import pytest
import torch

from baselines.checkpoints.reading import read_pickle, read_state
from baselines.checkpoints.stand_ins import NAMES, listed, stand_in
from bench.core.errors import BadInput

WEIGHT = torch.arange(6.0).reshape(2, 3)

BESIDE = {
    "namespace": argparse.Namespace(lr=1e-3, names=["a"], inner=argparse.Namespace(b=1)),
    "numpy scalar": np.float64(0.25),
    "numpy integer": np.int64(7),
    "numpy array": np.arange(4),
    "path": pathlib.Path("runs/x"),
    "windows path": pathlib.PureWindowsPath("c:/x"),
    "ordered": collections.OrderedDict(a=1),
    "default dictionary": collections.defaultdict(list, {"loss": [1.0, 2.0]}),
    "counter": collections.Counter("abca"),
    "deque": collections.deque([1, 2], maxlen=3),
    "date": datetime.datetime(2020, 1, 2, 3, 4),
    "interval": datetime.timedelta(seconds=3),
    "simple namespace": types.SimpleNamespace(a=1),
    "class": float,
    "frozen set": frozenset({1, 2}),
}


def saved(path, content, **how):
    torch.save(content, path, **how)
    return path


@pytest.mark.parametrize("old", [True, False], ids=["legacy file", "zip file"])
@pytest.mark.parametrize("what", BESIDE)
def test_what_lies_beside_the_tensors_does_not_hinder(tmp_path, what, old):
    content = {"opt": BESIDE[what], "netG": {"conv.weight": WEIGHT}}
    path = saved(tmp_path / "c.pth", content, _use_new_zipfile_serialization=not old)
    assert torch.equal(read_state(path, "netG")["conv.weight"], WEIGHT)


def test_the_real_classes_are_not_made(tmp_path):
    path = saved(tmp_path / "c.pth", {"opt": argparse.Namespace(lr=1), "n": np.float64(3)})
    found = read_pickle(path)
    assert type(found["opt"]) is not argparse.Namespace
    assert not hasattr(found["opt"], "lr")
    assert not isinstance(found["n"], float)


@pytest.fixture
def omegaconf(monkeypatch):
    """A module of that name with the classes that a configuration's pickle asks for."""
    made = {}
    for where, name in (
        ("omegaconf.dictconfig", "DictConfig"),
        ("omegaconf.base", "ContainerMetadata"),
        ("omegaconf.nodes", "AnyNode"),
    ):
        module = types.ModuleType(where)
        made[name] = type(name, (), {"__module__": where})
        setattr(module, name, made[name])
        monkeypatch.setitem(sys.modules, where, module)
    monkeypatch.setitem(sys.modules, "omegaconf", types.ModuleType("omegaconf"))
    return made


def test_omegaconf_is_read_where_it_is_not_installed(tmp_path, omegaconf, monkeypatch):
    config = omegaconf["DictConfig"]()
    config._metadata = omegaconf["ContainerMetadata"]()
    config._content = {"lr": omegaconf["AnyNode"]()}
    path = saved(tmp_path / "c.ckpt", {"cfg": config, "state_dict": {"w": WEIGHT}})
    for name in [name for name in sys.modules if name.startswith("omegaconf")]:
        monkeypatch.delitem(sys.modules, name)
    assert torch.equal(read_state(path, None)["w"], WEIGHT)
    assert not any(name.startswith("omegaconf") for name in sys.modules)


class Trap:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def planted(marker):
    return marker.write_text("ran")


HOSTILE = {
    "open": lambda marker: Trap(open, str(marker), "w"),
    "eval": lambda marker: Trap(eval, f"open({str(marker)!r}, 'w')"),
    "exec": lambda marker: Trap(exec, f"open({str(marker)!r}, 'w')"),
    "system": lambda marker: Trap(__import__("os").system, f"touch {marker}"),
    "a method": lambda marker: Trap(getattr, marker, "touch"),
    "numpy's helper": lambda marker: Trap(
        __import__("numpy.testing", fromlist=["x"])._private.utils.runstring,
        f"open({str(marker)!r}, 'w')",
        {},
    ),
    "a function of ours": lambda marker: Trap(planted, marker),
    "torch.load": lambda marker: Trap(torch.load, str(marker)),
}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("old", [True, False], ids=["legacy file", "zip file"])
@pytest.mark.parametrize("what", HOSTILE)
def test_code_is_refused_wherever_it_lies_and_does_not_run(tmp_path, what, old, protocol):
    marker = tmp_path / "ran"
    trap = HOSTILE[what](marker)
    hidden = argparse.Namespace(deep=[{"x": trap}])
    how = {"_use_new_zipfile_serialization": not old, "pickle_protocol": protocol}
    path = saved(tmp_path / "c.pth", {"netG": {"w": WEIGHT}, "opt": hidden}, **how)
    with pytest.raises(BadInput, match="nothing in it ran"):
        read_state(path, "netG")
    assert not marker.exists()


@pytest.mark.parametrize("name", ["builtins.type", "operator.getitem", "copyreg._reconstructor"])
def test_a_stand_in_of_a_function_calls_nothing(name):
    made = stand_in(name)(int, "attribute", key=1)
    made.__setstate__({"a": 1})
    assert not hasattr(made, "a")
    assert type(made).__name__ == name.rpartition(".")[2]


def test_state_that_is_put_on_a_stand_in_is_dropped(tmp_path):
    beside = argparse.Namespace()
    vars(beside).update(__setstate__=2, __class__=3)
    path = saved(tmp_path / "c.pth", {"opt": beside, "w": WEIGHT})
    assert set(read_state(path, None)) == {"w"}
    found = read_pickle(path)["opt"]
    assert type(found).__name__ == "Namespace"
    assert found.__setstate__({}) is None


def test_dangerous_names_are_not_listed():
    for name in ("builtins.getattr", "builtins.eval", "os.system", "builtins.__import__"):
        assert not listed(name)
    assert not any(name.startswith(("os.", "posix.", "sys.", "subprocess.")) for name in NAMES)


def test_what_others_allowed_pytorch_stays_allowed_after_and_is_not_used(tmp_path):
    before = torch.serialization.get_safe_globals()
    torch.serialization.add_safe_globals([planted])
    try:
        marker = tmp_path / "ran"
        path = saved(tmp_path / "c.pth", {"w": WEIGHT, "x": Trap(planted, marker)})
        with pytest.raises(BadInput, match="asks for"):
            read_state(path, None)
        assert not marker.exists()
        assert planted in torch.serialization.get_safe_globals()
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)
