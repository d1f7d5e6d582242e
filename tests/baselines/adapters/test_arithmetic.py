"""Half precision and compilation are options that change images a little and identities always."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines.adapters.divsem import DivSemEditor
from baselines.adapters.sesame import SESAMEEditor
from baselines.adapters.spade import SPADEEditor
from baselines.layers.pointwise import compilable, compiled_layers, compiling
from bench.run.editing.footprint import measured
from bench.run.methods import make_methods
from bench.suite.schema import MethodEntry
from tests.baselines.adapters.edits import make_batch

WIDTHS = {"ngf": 2, "hidden": 4}
STYLED = {"size": 64, "ngf": 2, "hidden": 4, "style": 6}
STYLED |= {"style_widths": (4,) * 6, "style_decoder": (4,) * 4}
BANK = {"style_bank": torch.ones(4, 6), "style_bank_classes": torch.arange(4)}


def grey_levels(one, other):
    """The largest and the mean distance of two images in [-1,1], in levels of 256."""
    distance = (one - other).abs() * 127.5
    return float(distance.max()), float(distance.mean())


def test_an_editor_computes_in_float32_and_uncompiled_unless_asked(weights):
    editor = SESAMEEditor(weights("sesame", **WIDTHS))
    seen = []
    editor.network.conv_img.register_forward_hook(
        lambda _, given, out: seen.append((given[0].dtype, out.dtype, compiling()))
    )
    editor.edit(make_batch())
    assert seen == [(torch.float32, torch.float32, False)]
    assert (editor.identity["precision"], editor.identity["compile"]) == ("float32", False)


def test_each_option_makes_another_method(weights):
    file = weights("spade", **WIDTHS)
    options = [{}, {"precision": "bfloat16"}, {"precision": "float16"}, {"compile": True}]
    entries = [
        MethodEntry(name=f"m{i}", editor="spade", options={"weights": file, **more})
        for i, more in enumerate(options)
    ]
    methods = make_methods(entries, device="cpu", batch_size=1)
    assert len({method.hash for method in methods}) == len(options)
    assert methods[1].record["identity"]["precision"] == "bfloat16"


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("system", ["spade", "sesame", "divsem"])
def test_half_precision_stays_within_grey_levels(weights, system, precision):
    if system == "divsem":
        file = weights(system, variant="full", extras=BANK, **STYLED)
    else:
        file = weights(system, **WIDTHS)
    make = {"spade": SPADEEditor, "sesame": SESAMEEditor, "divsem": DivSemEditor}[system]
    exact, half = (make(file, precision=p).edit(make_batch()) for p in ("float32", precision))
    most, mean = grey_levels(exact, half)
    assert 0 < mean < 2
    assert most < 32


def test_only_marked_functions_are_compiled_and_only_without_gradients():
    with torch.inference_mode(), compiled_layers():
        assert compiling()
        with compiled_layers(False):
            assert not compiling()
    with compiled_layers():
        assert not compiling()
    double = compilable(lambda x: 2 * x)
    assert double(torch.ones(2)).tolist() == [2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("system", ["spade", "divsem"])
def test_compiled_layers_give_the_same_to_a_hundredth_of_a_grey_level(weights, system):
    if system == "divsem":
        file, make = weights(system, variant="full", extras=BANK, **STYLED), DivSemEditor
    else:
        file, make = weights(system, **WIDTHS), SPADEEditor
    batch = make_batch()
    plain, compiled = (make(file, compile=on).edit(batch) for on in (False, True))
    assert grey_levels(plain, compiled)[0] < 0.01


def test_a_batch_of_eight_takes_less_than_eight_times_the_memory_of_one(weights):
    editor = DivSemEditor(weights("divsem", variant="full", extras=BANK, **STYLED))
    one = make_batch(count=1)
    eight = dataclasses.replace(one.take([0] * 8), seeds=tuple(("test", i) for i in range(8)))
    peaks = [measured(lambda b=b: editor.edit(b), "cpu")[1].peak_bytes for b in (one, eight)]
    assert peaks[1] < 8 * peaks[0]
