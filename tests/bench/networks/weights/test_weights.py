"""Weights are found by what files hold, verified, and fetched whole or not at all."""

import dataclasses
import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from bench.core.errors import BadInput
from bench.networks.perceptual import LPIPSNetwork
from bench.networks.weights import WeightsMissing, find, require, weight_folders
from bench.networks.weights.catalogue import CATALOGUE, network
from bench.networks.weights.fetch import fetch_network
from bench.networks.weights.finder import read_tensors
from bench.networks.weights.verify import verify


def trunk(name, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return {
        tensor: torch.rand(shape, generator=draw)
        for tensor, shape in network(name).tensors().items()
    }


def test_a_file_is_found_by_what_it_holds_whatever_its_name(tmp_path):
    torch.save(trunk("squeezenet"), tmp_path / "any-name.pth")
    assert find("squeezenet", [tmp_path]).path.name == "any-name.pth"
    assert find("alexnet", [tmp_path]) is None


def test_a_trunk_alone_has_the_identity_of_the_whole_file(tmp_path):
    tensors = trunk("squeezenet")
    for folder, more in (("trunk", {}), ("whole", {"classifier.1.bias": torch.zeros(1000)})):
        (tmp_path / folder).mkdir()
        torch.save({**tensors, **more}, tmp_path / folder / "file.pth")
    whole, alone = (find("squeezenet", [tmp_path / folder]) for folder in ("whole", "trunk"))
    assert whole.identity == alone.identity
    assert set(whole.load()) == set(tensors)


def test_other_tensors_have_another_identity(tmp_path):
    for seed in (0, 1):
        (tmp_path / str(seed)).mkdir()
        torch.save(trunk("squeezenet", seed), tmp_path / str(seed) / "file.pth")
    assert (
        find("squeezenet", [tmp_path / "0"]).identity
        != find("squeezenet", [tmp_path / "1"]).identity
    )


def test_safetensors_and_wrapped_state_dicts_count_too(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    save_file(trunk("squeezenet"), tmp_path / "a" / "x.safetensors")
    torch.save({"state_dict": trunk("squeezenet"), "epoch": 3}, tmp_path / "b" / "x.pt")
    assert (
        find("squeezenet", [tmp_path / "a"]).identity
        == find("squeezenet", [tmp_path / "b"]).identity
    )


def test_files_of_the_format_before_pytorch_1_6_count_too(tmp_path):
    tensors = trunk("squeezenet")
    torch.save(tensors, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    found = find("squeezenet", [tmp_path]).load()
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize(
    "content", [b"version https://git-lfs.github.com/spec/v1\n", b""], ids=["pointer", "empty"]
)
def test_a_damaged_file_hides_none_of_the_others(tmp_path, content):
    torch.save(trunk("squeezenet"), tmp_path / "whole.pth")
    for name in ("a.safetensors", "a.pth", "a.bin"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match="holds no tensors that can be read safely"):
            read_tensors(tmp_path / name)
    assert find("squeezenet", [tmp_path]).path.name == "whole.pth"


def test_a_damaged_file_of_the_format_before_pytorch_1_6_is_one_sentence(tmp_path):
    torch.save({"a": torch.zeros(3)}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    whole = (tmp_path / "old.pth").read_bytes()
    key = re.findall(rb"[0-9]{6,}", whole)[-1]
    before, _, after = whole.rpartition(key)
    (tmp_path / "old.pth").write_bytes(before + b"7" * len(key) + after)
    with pytest.raises(BadInput, match=r"old\.pth: holds no tensors that can be read safely"):
        read_tensors(tmp_path / "old.pth")


def test_another_file_in_the_same_place_is_another_network(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)

    def seen(seed):
        torch.save(trunk("squeezenet", seed), tmp_path / "file.pth")
        network = LPIPSNetwork("squeeze", find("squeezenet", [tmp_path]))
        (layers,) = network.features(images)
        return network, [layer.numpy() for layer in layers]

    (one, before), (two, after) = seen(0), seen(1)
    assert not np.allclose(before[0], after[0])
    # What was loaded keeps its name, whatever lies there now.
    assert one.identity() != two.identity()


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_weights_that_were_rounded_to_half_precision_are_not_those_of_the_metric(
    tmp_path, precision
):
    rounded = {name: value.to(precision) for name, value in trunk("squeezenet").items()}
    torch.save(rounded, tmp_path / "rounded.pth")
    assert find("squeezenet", [tmp_path]) is None


def test_a_missing_network_names_command_file_and_address_but_no_folder(tmp_path):
    with pytest.raises(WeightsMissing) as caught:
        require("vgg16", [tmp_path])
    assert "run `siebench weights fetch vgg16`" in str(caught.value)
    assert f"vgg16-397923af.pth ({network('vgg16').url})" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_an_unknown_network_gets_the_nearest_name():
    with pytest.raises(BadInput, match="did you mean 'alexnet'"):
        find("alexnett", [])


class Harmful:
    """Pickled, it would make a folder when a careless reader loads it."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_file_with_code_in_it_is_not_run(tmp_path):
    torch.save({"features.0.weight": Harmful(tmp_path / "made")}, tmp_path / "evil.pth")
    with pytest.raises(BadInput, match=r"evil\.pth: holds no tensors"):
        read_tensors(tmp_path / "evil.pth")
    assert find("alexnet", [tmp_path]) is None
    assert not (tmp_path / "made").exists()


def test_a_damaged_official_file_is_a_problem_in_verify(tmp_path):
    (tmp_path / "squeezenet1_1-b8a52dc0.pth").write_bytes(b"half a file")
    status = {entry.network.name: entry for entry in verify([tmp_path])}
    (problem,) = status["squeezenet"].problems
    assert "does not hold squeezenet" in problem
    assert status["squeezenet"].path is None
    assert status["alexnet"].path is None
    assert status["alexnet"].problems == ()


def test_an_official_name_on_other_content_is_a_problem_in_verify(tmp_path):
    torch.save(trunk("squeezenet"), tmp_path / "squeezenet1_1-b8a52dc0.pth")
    status = {entry.network.name: entry for entry in verify([tmp_path])}["squeezenet"]
    assert not status.official
    (problem,) = status.problems
    assert "b8a52dc0" in problem


def test_a_damaged_official_file_is_a_problem_beside_a_whole_one(tmp_path):
    (tmp_path / "squeezenet1_1-b8a52dc0.pth").write_bytes(b"half a file")
    torch.save(trunk("squeezenet"), tmp_path / "mine.pth")
    (tmp_path / "first").mkdir()
    for folders in ([tmp_path], [tmp_path / "first", tmp_path]):
        (status,) = (one for one in verify(folders) if one.network.name == "squeezenet")
        assert status.path.name == "mine.pth"
        (problem,) = status.problems
        assert "squeezenet1_1-b8a52dc0.pth: its SHA-256 does not begin" in problem


@pytest.mark.parametrize("beside_a_whole_one", [False, True])
def test_every_damaged_file_is_told(tmp_path, beside_a_whole_one):
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        (folder / "squeezenet1_1-b8a52dc0.pth").write_bytes(b"half a file")
    if beside_a_whole_one:
        torch.save(trunk("squeezenet"), folders[1] / "mine.pth")
    (status,) = (one for one in verify(folders) if one.network.name == "squeezenet")
    assert [Path(problem.split(":")[0]).parent for problem in status.problems] == folders


def test_a_trunk_under_its_own_name_is_no_problem_but_not_official(tmp_path):
    torch.save(trunk("squeezenet"), tmp_path / "trunk.pth")
    status = {entry.network.name: entry for entry in verify([tmp_path])}["squeezenet"]
    assert (status.official, status.problems) == (False, ())
    assert len(status.identity) == 64


def test_folders_come_from_the_environment_in_order(monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", os.pathsep.join(["/one", "/two"]))
    assert weight_folders() == (Path("/one"), Path("/two"))
    monkeypatch.delenv("SIEBENCH_WEIGHTS")
    assert weight_folders()[0].parts[-1] == "weights"


def served(tmp_path, content, prefix):
    source = tmp_path / "source.bin"
    source.write_bytes(content)
    return dataclasses.replace(
        network("squeezenet"), url=source.as_uri(), sha256_prefix=prefix, file="fetched.pth"
    )


def test_fetch_brings_a_verified_whole_file_and_tells_progress(tmp_path):
    content = b"weights" * 1000
    entry = served(tmp_path, content, hashlib.sha256(content).hexdigest()[:8])
    told = []
    path = fetch_network(entry, lambda done, size: told.append((done, size)), tmp_path / "here")
    assert path.read_bytes() == content
    assert told[-1] == (7000, 7000)
    (tmp_path / "source.bin").unlink()
    assert fetch_network(entry, None, tmp_path / "here") == path  # already there: nothing to take


def test_fetch_keeps_nothing_of_a_file_with_another_hash(tmp_path):
    entry = served(tmp_path, b"something else", "00000000")
    with pytest.raises(BadInput, match="00000000 was expected"):
        fetch_network(entry, None, tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_fetch_without_a_connection_names_the_address(tmp_path):
    entry = dataclasses.replace(network("alexnet"), url=(tmp_path / "gone").as_uri())
    with pytest.raises(BadInput, match="cannot be fetched"):
        fetch_network(entry, None, tmp_path / "here")


def test_every_official_name_carries_its_hash_prefix():
    for entry in CATALOGUE:
        assert entry.sha256_prefix in entry.file
        assert entry.url.endswith(entry.file)
