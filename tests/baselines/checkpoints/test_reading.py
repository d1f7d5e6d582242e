"""Files are read without running anything in them."""

import re
import shlex

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from baselines.checkpoints.reading import read_array, read_pickle, read_state
from bench.core.errors import BadInput

STATE = {"conv.weight": torch.arange(3.0)}


def test_a_state_dict_is_read_from_both_kinds_of_files(tmp_path):
    state = {"weight": torch.arange(3.0)}
    torch.save(state, tmp_path / "a.pth")
    save_file(state, tmp_path / "a.safetensors")
    for name in ("a.pth", "a.safetensors"):
        assert read_state(tmp_path / name, None)["weight"].tolist() == [0, 1, 2]


def test_a_missing_file_is_named(tmp_path):
    for read in (read_pickle, read_array, lambda path: read_state(path, None)):
        with pytest.raises(BadInput, match=r"absent: no such file"):
            read(tmp_path / "absent")


@pytest.mark.parametrize("kept", [0, 4, 100, -50])
def test_a_truncated_safetensors_file_is_one_sentence(tmp_path, kept):
    path = tmp_path / "a.safetensors"
    save_file({"weight": torch.arange(300.0)}, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadInput, match="not a whole safetensors file"):
        read_state(path, None)


def test_a_file_that_holds_something_else_says_what(tmp_path):
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(BadInput, match="holds a list, expected a dictionary of tensors"):
        read_state(tmp_path / "list.pth", None)


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
@pytest.mark.parametrize(
    "wrapper",
    ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module."],
)
def test_the_names_of_wrappers_are_cut_off(tmp_path, wrapper, kind):
    path = tmp_path / f"a.{kind}"
    state = {f"{wrapper}{name}": value for name, value in STATE.items()}
    torch.save(state, path) if kind == "pth" else save_file(state, path)
    assert set(read_state(path, None)) == {"conv.weight"}


def test_a_part_that_was_compiled_alone_has_its_own_name(tmp_path):
    torch.save(
        {"enc._orig_mod.conv.weight": torch.ones(1), "out.bias": torch.ones(1)}, tmp_path / "a"
    )
    assert set(read_state(tmp_path / "a", None)) == {"enc.conv.weight", "out.bias"}


def test_the_count_of_an_averaged_network_is_left_out(tmp_path):
    torch.save({"n_averaged": torch.tensor(3), "module.w": torch.ones(1)}, tmp_path / "a")
    assert set(read_state(tmp_path / "a", None)) == {"w"}


def test_module_stays_where_not_every_name_has_it(tmp_path):
    torch.save({"module.w": torch.ones(1), "w": torch.ones(1)}, tmp_path / "a")
    assert set(read_state(tmp_path / "a", None)) == {"module.w", "w"}


NESTED = {
    "epoch": 3,
    "state": {"netG": STATE, "netD": {"d.weight": torch.ones(1)}},
    "optimizer": {"state": {0: {"exp_avg": torch.ones(1)}}},
}


@pytest.mark.parametrize(
    ("content", "key", "name"),
    [
        (NESTED, "state.netG", "conv.weight"),
        (NESTED, "state.netG.conv", "weight"),
        ({"a.b": {"c": STATE}}, "a.b.c", "conv.weight"),
        (
            {"generator.conv.weight": torch.ones(1), "d.w": torch.ones(1)},
            "generator",
            "conv.weight",
        ),
    ],
)
def test_a_key_leads_to_the_tensors(tmp_path, content, key, name):
    torch.save(content, tmp_path / "a.pth")
    assert set(read_state(tmp_path / "a.pth", "netG", key)) == {name}


def test_a_key_is_the_beginning_of_names_in_a_safetensors_file(tmp_path):
    save_file({"G.w": torch.ones(1), "D.w": torch.zeros(1)}, tmp_path / "a.safetensors")
    assert read_state(tmp_path / "a.safetensors", None, "G")["w"].tolist() == [1]


def test_the_only_dictionary_of_tensors_needs_no_key(tmp_path):
    torch.save({"epoch": 3, "a": {"state_dict": STATE}}, tmp_path / "a.pth")
    assert set(read_state(tmp_path / "a.pth", None)) == {"conv.weight"}


def test_several_dictionaries_are_named_with_the_option_that_chooses(tmp_path):
    torch.save(NESTED, tmp_path / "a.pth")
    with pytest.raises(BadInput, match=r"say which: --key state\.netG or state\.netD"):
        read_state(tmp_path / "a.pth", None)


def test_a_key_that_leads_nowhere_says_where_tensors_are(tmp_path):
    torch.save(NESTED, tmp_path / "a.pth")
    with pytest.raises(BadInput, match=r"--key netX: no dictionary of tensors.*under state\.netG"):
        read_state(tmp_path / "a.pth", None, "netX")


def test_a_dictionary_that_holds_itself_ends(tmp_path):
    content = {"epoch": 3}
    content["again"] = content
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(BadInput, match="expected a state dict; the file has again, epoch"):
        read_state(tmp_path / "a.pth", None)


ODD = {
    "sparse": lambda: torch.eye(3).to_sparse(),
    "compressed": lambda: torch.eye(3).to_sparse_csr(),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    "without values": lambda: torch.empty(3, device="meta"),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.filterwarnings("ignore")
def test_tensors_that_are_not_plain_are_named(tmp_path, kind):
    torch.save({"fc.weight": ODD[kind](), "fc.bias": torch.ones(3)}, tmp_path / "a.pth")
    with pytest.raises(BadInput, match=r"a\.pth: fc\.weight: sparse, quantised or without values"):
        read_state(tmp_path / "a.pth", None)


class Options:
    """A class of somebody's training script."""

    def __init__(self):
        self.lr = 1e-3


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_refused_file_comes_with_the_command_that_cures_it(tmp_path, protocol, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "it's.pth"
    torch.save({"netG": STATE, "opt": Options()}, path, pickle_protocol=protocol)
    with pytest.raises(BadInput, match="refused, because it") as refused:
        read_state(path, "netG")
    command = re.search("`(.*)`", str(refused.value)).group(1)
    _, _, code = shlex.split(command)
    exec(code, {})
    assert set(read_state(tmp_path / "it's-tensors.pth", None)) == {"conv.weight"}


def test_an_array_comes_back_as_it_was(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4, dtype=np.float32))
    assert read_array(tmp_path / "a.npy").tolist() == [0, 1, 2, 3]
