import json
from pathlib import Path

import pytest
import torch
from torch import nn

from baselines.external import network_file
from baselines.external.network_file import NetworkFile, read_sidecar
from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed, Unavailable
from bench.plugins.editors import TaskFacts
from bench.scene import LabelSpace
from bench.suite.places import beside

SIDECARS = Path(network_file.__file__).parent / "sidecars"
SPACE = LabelSpace("three", ("a", "b", "c"), ((0, 0, 0),) * 3)


class Paint(nn.Module):
    """Paints the label's number over two, in the first channel only."""

    def forward(self, masked, mask, one_hot):
        value = one_hot[:, 1:2] * 0.5 + one_hot[:, 2:3]
        colour = torch.cat([value, torch.zeros_like(value), torch.zeros_like(value)], 1)
        return masked * (1 - mask) + colour * mask


class Joined(nn.Module):
    def forward(self, x):
        return x[:, :3] + x[:, 3:4]


def batch(size=4):
    mask = torch.zeros(2, 1, size, size)
    mask[:, :, : size // 2] = 1
    labels = torch.ones(2, size, size, dtype=torch.long)
    labels[1] = 2
    return EditBatch(
        masked=torch.full((2, 3, size, size), 0.25) * (1 - mask),
        mask=mask,
        labels=labels,
        instances=None,
        space=SPACE,
        operation="inpaint",
        regions=(None, None),
        ids=("e0", "e1"),
        scenes=("s0", "s1"),
        samples=(0, 0),
        seeds=(("m", 0), ("m", 1)),
    )


def example():
    edits = batch()
    return edits.masked, edits.mask, edits.one_hot()


def save(folder, name, network=None, **sidecar):
    path = folder / name
    fields = {"inputs": ["masked", "mask", "one_hot"], "classes": 3, **sidecar}
    path.with_suffix(".json").write_text(json.dumps(fields))
    module = (network or Paint()).eval()
    given = example() if network is None else (torch.zeros(2, 4, 4, 4),)
    if path.suffix == ".pt":
        torch.jit.trace(module, given).save(str(path))
    else:
        torch.export.save(torch.export.export(module, given), str(path))
    return str(path)


@pytest.mark.parametrize("name", ["model.pt", "model.pt2"])
def test_a_network_file_runs_as_its_sidecar_says(tmp_path, name):
    editor = NetworkFile(save(tmp_path, name), trust=True)
    raw = editor.edit(batch())
    assert raw[:, 0, 0, 0].tolist() == [0.5, 1.0]
    assert raw[:, 0, 3, 3].tolist() == [0.25, 0.25]


def test_channels_come_and_go_in_the_networks_order(tmp_path):
    editor = NetworkFile(save(tmp_path, "model.pt", channels="bgr"), trust=True)
    raw = editor.edit(batch())
    assert raw[1, :, 0, 0].tolist() == [0.0, 0.0, 1.0]


def test_black_and_white_are_what_the_network_takes_them_for(tmp_path):
    editor = NetworkFile(save(tmp_path, "model.pt", range=[0, 1]), trust=True)
    raw = editor.edit(batch())
    assert raw[:, 0, 0, 0].tolist() == [0.0, 1.0]
    assert raw[0, 0, 3, 3].item() == pytest.approx(0.25)


def test_inputs_can_be_joined_into_one(tmp_path):
    path = save(tmp_path, "model.pt", Joined(), inputs=["masked", "mask"], join=True)
    raw = NetworkFile(path, trust=True).edit(batch())
    assert raw[0, 0, :, 0].tolist() == [1.0, 1.0, 0.25, 0.25]


def test_a_network_of_one_size_gets_every_image_in_it(tmp_path):
    editor = NetworkFile(save(tmp_path, "model.pt2", size=[4, 4]), trust=True)
    assert editor.edit(batch(size=8)).shape == (2, 3, 8, 8)


def test_an_onnx_file_needs_no_agreement(tmp_path):
    raw = doubled(tmp_path, [2, 3, 4, 4]).edit(batch())
    assert raw[0, 0, 3, 3].item() == -0.5


def doubled(folder, given, **sidecar):
    """An ONNX network that multiplies what it is given by -2."""
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    node = helper.make_node("Mul", ["masked", "scale"], ["out"])
    image = helper.make_tensor_value_info("masked", TensorProto.FLOAT, given)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [1], [-2.0])
    graph = helper.make_graph([node], "double", [image], [out], [scale])
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(
        helper.make_model(graph, opset_imports=opsets, ir_version=8), str(folder / "model.onnx")
    )
    (folder / "model.json").write_text(json.dumps({"inputs": ["masked"], **sidecar}))
    return NetworkFile(str(folder / "model.onnx"))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_onnx_file_of_a_fixed_batch_gets_the_edits_in_parts(tmp_path, count):
    raw = doubled(tmp_path, [count, 3, 4, 4]).edit(batch())
    assert torch.equal(raw, batch().masked * -2)


@pytest.mark.parametrize(
    ("given", "sidecar", "words"),
    [
        ([2, 3, 4, 4], {"inputs": ["masked", "mask"]}, r"it has 1 inputs \(masked\), .* gives 2"),
        ([2, 4, 4, 4], {}, "the network failed: .*invalid dimensions"),
        ([2, 1, 4, 4], {"inputs": ["mask"]}, r"the network gave \[2, 1, 4, 4\]; expected images"),
        ([2, 3, 8, 8], {"size": [4, 4]}, "the network failed: .*invalid dimensions"),
    ],
)
def test_a_network_that_its_sidecar_does_not_describe_is_refused_before_it_edits(
    tmp_path, given, sidecar, words
):
    editor = doubled(tmp_path, given, **sidecar)
    with pytest.raises(BadInput, match=words):
        editor.check(TaskFacts(SPACE, (4, 4), whole=False, batch_size=2))


def test_a_task_that_fits_is_let_pass(tmp_path):
    editor = doubled(tmp_path, [2, 3, 4, 4])
    editor.check(TaskFacts(SPACE, (4, 4), whole=False, batch_size=2))
    assert editor.edit(batch()).shape == (2, 3, 4, 4)


@pytest.mark.parametrize(
    ("sidecar", "words"),
    [
        ({"range": [1, 1]}, "black and white are one number"),
        ({"size": [0, 4]}, r"size\.0: "),
        ({"classes": 10**9}, r"classes: .*less than or equal to 4096"),
        ({"inputs": []}, r"inputs: "),
    ],
)
def test_a_sidecar_that_can_never_work_is_refused(tmp_path, sidecar, words):
    with pytest.raises(BadInput, match=words):
        doubled(tmp_path, [2, 3, 4, 4], **sidecar)


@pytest.mark.parametrize("name", ["model.pt", "model.pt2"])
def test_formats_that_can_carry_code_ask_for_agreement(tmp_path, name):
    path = save(tmp_path, name)
    with pytest.raises(BadInput, match=rf"would run what the .* file .*{name}.*--trust"):
        NetworkFile(path)


def test_a_truncated_file_is_named(tmp_path):
    path = save(tmp_path, "model.pt")
    with (tmp_path / "model.pt").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(BadInput, match=r"model\.pt: not a whole TorchScript file"):
        NetworkFile(path, trust=True)


def test_a_sidecar_that_does_not_fit_is_named_with_its_field(tmp_path):
    path = save(tmp_path, "model.pt", classes=None)
    with pytest.raises(BadInput, match=r"model\.json: classes: say how many"):
        NetworkFile(path, trust=True)
    path = save(tmp_path, "model.pt", colours="bgr")
    with pytest.raises(BadInput, match=r"model\.json: colours: "):
        NetworkFile(path, trust=True)
    (tmp_path / "model.json").unlink()
    with pytest.raises(BadInput, match=r"model\.json: no sidecar"):
        NetworkFile(path, trust=True)


def test_labels_beyond_the_networks_classes_fail_by_name(tmp_path):
    editor = NetworkFile(save(tmp_path, "model.pt", classes=2), trust=True)
    with pytest.raises(EditFailed, match=r"labels: class 2 \(c\)"):
        editor.edit(batch())


def test_a_network_that_fails_gives_its_reason(tmp_path):
    editor = NetworkFile(save(tmp_path, "model.pt2"), trust=True)
    with pytest.raises(EditFailed, match="the network failed: "):
        editor.edit(batch(size=8))


class BigLama(nn.Module):
    """The interface of big-lama.pt, painting the known pixels' mean: image and mask in [0,1], sides of 8.

    It hides the masked pixels itself, and gives images in [0,1].
    """

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        sides = image.shape[2] % 8 == 0 and image.shape[3] % 8 == 0
        planes = image.shape[1] == 3 and mask.shape[1] == 1
        inside = float(image.min()) >= 0.0 and float(image.max()) <= 1.0
        binary = bool(((mask == 0.0) | (mask == 1.0)).all())
        hidden = float((image * mask).max()) == 0.0
        if not (sides and planes and inside and binary and hidden):
            raise ValueError("not what big-lama is given")
        known = 1.0 - mask
        count = known.sum(dim=[2, 3], keepdim=True).clamp(min=1.0)
        mean = (image * known).sum(dim=[2, 3], keepdim=True) / count
        return image * known + mean * mask


def big_lama(folder):
    torch.jit.script(BigLama()).save(str(folder / "big-lama.pt"))
    return str(folder / "big-lama.pt")


@pytest.mark.parametrize("size", [8, 20])
def test_big_lama_runs_by_the_sidecar_that_comes_with_siebench(tmp_path, size):
    editor = NetworkFile(big_lama(tmp_path), sidecar="big-lama", trust=True)
    editor.check(TaskFacts(SPACE, (size, size), whole=False, batch_size=2))
    edits = batch(size=size)
    raw = editor.edit(edits)
    assert raw.shape == (2, 3, size, size)
    # All known pixels are 0.25, whatever was filled up around them.
    torch.testing.assert_close(raw, torch.full_like(raw, 0.25))


def test_one_file_runs_on_the_device_that_it_is_moved_to(tmp_path):
    editor = NetworkFile(big_lama(tmp_path), sidecar="big-lama", trust=True).to("cpu")
    assert editor.edit(batch(size=8)).device.type == "cpu"


def test_a_sidecar_may_lie_elsewhere(tmp_path):
    path = big_lama(tmp_path)
    (tmp_path / "mine.json").write_text(json.dumps({"inputs": ["masked", "mask"], "range": [0, 1]}))
    with pytest.raises(EditFailed, match="the network failed"):
        NetworkFile(path, sidecar=str(tmp_path / "mine.json"), trust=True).edit(batch(size=8))


def test_a_sidecar_that_does_not_come_with_siebench_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"unknown sidecar .* 'big-lana'; did you mean 'big-lama'"):
        NetworkFile(big_lama(tmp_path), sidecar="big-lana", trust=True)


def test_a_folder_of_a_sidecars_name_beside_the_suite_is_not_taken_for_one(tmp_path, monkeypatch):
    """The archive of big-lama unpacks into such a folder."""
    (tmp_path / "suites" / "big-lama").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    found = beside("big-lama", Path("suites"), by_name=True)
    editor = NetworkFile(big_lama(tmp_path), sidecar=found, trust=True)
    assert editor.sidecar.range == (0, 1)


@pytest.mark.parametrize("sidecar", sorted(SIDECARS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sidecar_that_comes_with_siebench_can_be_read(sidecar):
    assert read_sidecar(sidecar).inputs[0] == "masked"


def test_a_file_is_found_by_its_name_among_the_weights(tmp_path, monkeypatch):
    big_lama(tmp_path)
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    assert NetworkFile("big-lama.pt", sidecar="big-lama", trust=True).edit(batch(8)).shape[2:] == (
        8,
        8,
    )


def test_a_file_that_is_not_here_is_a_row_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(Unavailable, match=r"big-lama\.pt: no such file, nor in "):
        NetworkFile("big-lama.pt", sidecar="big-lama", trust=True)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # Known pixels are 0.25, hidden ones 0; the network multiplies by -2.
        ({}, (-0.5, 0.0)),
        ({"hidden": -1}, (-0.5, 2.0)),
        # 0.25 is 0.625 of the way from black to white, and the middle 0.5.
        ({"range": [0, 1]}, (-3.5, -3.0)),
        ({"range": [0, 1], "output": [-2, 0]}, (-0.25, 0.0)),
    ],
)
def test_numbers_in_and_out_are_as_the_sidecar_says(tmp_path, fields, expected):
    raw = doubled(tmp_path, [2, 3, 4, 4], **fields).edit(batch())
    assert (raw[0, 0, 3, 3].item(), raw[0, 0, 0, 0].item()) == pytest.approx(expected)


def test_one_can_mean_known_in_the_mask(tmp_path):
    path = save(tmp_path, "model.pt", Joined(), inputs=["masked", "mask"], join=True, mask="known")
    raw = NetworkFile(path, trust=True).edit(batch())
    assert raw[0, 0, :, 0].tolist() == [0.0, 0.0, 1.25, 1.25]


def test_a_record_names_later_fields_only_where_they_are_set(tmp_path):
    before = {
        "channels",
        "classes",
        "first_label",
        "inputs",
        "inside_only",
        "join",
        "range",
        "size",
    }
    assert set(doubled(tmp_path, [2, 3, 4, 4]).identity["sidecar"]) == before
    later = doubled(tmp_path, [2, 3, 4, 4], hidden=0.0, multiple=2).identity["sidecar"]
    assert set(later) == before | {"hidden", "multiple"}
