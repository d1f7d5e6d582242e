"""Editors on an accelerator give a CPU's images, from any batch that is replayed through their graphs.

No card is here: a CPU takes the accelerator's forms, and graphs are stood in for by carrying a forward out
again on the tensors that it captured. A forward that read anything else would give the first batch's image.
"""

from __future__ import annotations

import weakref
from dataclasses import replace

import pytest
import torch

from baselines import captured
from baselines.adapters.divsem import DivSemEditor
from baselines.adapters.pix2pixhd import Pix2PixHDEditor
from baselines.adapters.sean import SEANEditor
from baselines.adapters.sesame import SESAMEEditor
from baselines.adapters.siedob import SIEDOBEditor
from baselines.adapters.spade import SPADEEditor
from baselines.adapters.spmpgan import SPMPGANEditor
from baselines.adapters.ssae import SSAEEditor
from baselines.layers.label_map import label_maps_as
from bench.plugins.kinds import SYSTEMS
from tests.baselines.adapters.edits import make_batch

WIDTHS = {"ngf": 2, "hidden": 4}
STYLED = {"size": 64, **WIDTHS, "style": 6, "style_widths": (4,) * 6, "style_decoder": (4,) * 4}
MEAN = {"mean_codes": torch.ones(4, 6), "mean_codes_known": torch.ones(4, dtype=torch.bool)}
BANK = {
    "style_bank": torch.randn(24, 6, generator=torch.Generator().manual_seed(3)),
    "style_bank_classes": torch.arange(24) % 4,
}
OBJECTS = {
    "objects": [{"name": "bed", "label": 2}, {"name": "lamp", "label": 3}],
    "object_size": 32,
    **dict.fromkeys(["background", "inpainting", "style", "style_encoder", "fusion"], 2),
    **dict.fromkeys(["propagation", "hidden", "style_length"], 4),
}
LOOKS = {
    "style_images": (torch.arange(6 * 3 * 32 * 32) % 251).view(6, 3, 32, 32).byte(),
    "style_instances": torch.ones(6, 32, 32, dtype=torch.bool),
    "style_labels": 2 + torch.arange(6) % 2,
}
REPLAYED = ["spade", "sesame", "sean", "spmpgan", "divsem", "pix2pixhd", "siedob", "ssae"]


@pytest.fixture(params=REPLAYED)
def editor(request, weights):
    sean = {**WIDTHS, "style_length": 6, "encoder_width": 2}
    ssae = SYSTEMS.get("ssae").small
    return {
        "spade": lambda: SPADEEditor(weights("spade", **WIDTHS)),
        "sesame": lambda: SESAMEEditor(weights("sesame", **WIDTHS)),
        "sean": lambda: SEANEditor(weights("sean", extras=MEAN, **sean)),
        "spmpgan": lambda: SPMPGANEditor(weights("spmpgan", variant="full", size=64, **WIDTHS)),
        "divsem": lambda: DivSemEditor(weights("divsem", variant="full", extras=BANK, **STYLED)),
        "pix2pixhd": lambda: Pix2PixHDEditor(weights("pix2pixhd", variant="label", ngf=2)),
        "siedob": lambda: SIEDOBEditor(weights("siedob", extras=LOOKS, **OBJECTS)),
        "ssae": lambda: SSAEEditor(weights("ssae", variant="full", classes=None, **ssae)),
    }[request.param]()


def batches():
    """Three of one shape: other images and keys, labels that are mirrored, and hidden or void regions."""
    first = make_batch()
    second = make_batch(seeds=(("other", 0), ("other", 1)), masked=first.masked.flip(3) * 0.5)
    third = make_batch(labels=first.labels.flip(1), seeds=(("third", 0), ("third", 1)))
    third.labels[:, 20:30, 10:25] = -1  # void inside the mask
    third.labels[1, 20:24, 5:9] = 3
    return [
        replace(one, original=one.masked.roll(9, 3), regions=("hair", "nose"))
        for one in (first, second, third)
    ]


def test_replayed_edits_are_the_edits_of_a_cpu(editor, graphs, monkeypatch):
    monkeypatch.setattr(captured, "is_gpu", lambda _: False)
    expected = [editor.edit(batch) for batch in batches()]
    monkeypatch.setattr(captured, "is_gpu", lambda _: True)
    with label_maps_as("lookups"):
        for batch, image in zip(batches(), expected, strict=True):  # eager, captured, replayed
            torch.testing.assert_close(editor.edit(batch), image, atol=2e-4, rtol=0)
    assert graphs.captured >= 1
    assert graphs.replayed >= 2
    forwards = [weakref.ref(one) for one in editor._captured.values()]
    editor.close()
    assert all(one() is None for one in forwards)
    with label_maps_as("lookups"):
        torch.testing.assert_close(editor.edit(batches()[0]), expected[0], atol=2e-4, rtol=0)
    editor.to("cpu")  # graphs read the network where it was
    assert not editor._captured


def test_edits_through_a_cards_kernels_are_the_edits_of_a_cpu(editor, kernels):
    batch = batches()[2].take([1])
    expected = editor.edit(batch)
    assert not kernels
    with label_maps_as("lookups"):
        torch.testing.assert_close(editor.edit(batch), expected, atol=2e-4, rtol=0)
    # Pix2PixHD reads its label map by one wide convolution, SSAE reads none.
    if editor.system not in ("pix2pixhd", "ssae"):
        assert {"modulated", "summed_rows"} == set(kernels)
