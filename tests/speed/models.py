"""How long each published network takes for one edit; run by hand, nothing is asserted.

    SIEBENCH_DATA=FOLDER python -m tests.speed.models [SYSTEM ...] [--images 8] [--memory] [--cpu]

The unit is a torchvision ResNet-50 forward at 256x256, timed in turn with the network in the same
run: float32, inference mode, two threads, random weights of full size, batch 1, label maps of
COCO-Stuff (resized nearest, renumbered by first appearance modulo the label count), masks of
`freeform@1` with seed 0. Making the network's inputs out of labels and mask is part of its time. With
--cpu: processor seconds of one thread instead, which a busy machine disturbs less. With --memory: how
far the peak grows over the loaded network at batch 1 and 8, each in a new process.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn

from baselines.divsem import DivSem, DivSemConfig
from baselines.him import (
    ImageGenerator,
    LayoutGenerator,
    him_config,
    him_labels,
    layout_condition,
)
from baselines.layers.condition import Condition
from baselines.layers.label_map import SymbolMap
from baselines.layers.region_adaptive import StyledRegions
from baselines.pix2pixhd import (
    FeatureEncoder,
    Pix2PixHD,
    pix2pixhd_config,
    pix2pixhd_labels,
)
from baselines.sean import SEANConfig, SEANGenerator
from baselines.sesame import SESAMEConfig, SESAMEGenerator
from baselines.siedob import (
    SIEDOB,
    BackgroundGenerator,
    Fusion,
    ObjectInpainting,
    ObjectStyle,
    StyleImages,
    siedob_config,
)
from baselines.spade import SPADEConfig, SPADEGenerator
from baselines.spmpgan import SPMPGAN, SPMPGANConfig
from masks import DrawnEdit, Site, make_protocol

SIDE = 256


@dataclass(frozen=True)
class Edit:
    """A batch of one scene: image [B,3,H,W], labels int64 [B,H,W], mask bool [B,H,W]."""

    image: Tensor
    labels: Tensor
    mask: Tensor

    def repeated(self, count: int) -> Edit:
        """The same edit `count` times."""
        return Edit(*(t.repeat(count, *[1] * (t.ndim - 1)) for t in vars(self).values()))

    @property
    def masked(self) -> Tensor:
        """The image without its mask."""
        return self.image * ~self.mask[:, None]


def spade() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """ngf 64, 151 labels."""
    network = SPADEGenerator(SPADEConfig(classes=151), spectral_norm=False)
    return network, 151, lambda n, e: n(SymbolMap.of_labels(e.labels, 151, torch.float32))


def sesame() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """ngf 64, 34 labels inside the mask."""

    def run(network: nn.Module, edit: Edit) -> object:
        labels = torch.where(edit.mask, edit.labels, -1)
        return network(edit.masked, SymbolMap.of_labels(labels, 34, torch.float32, [edit.mask]))

    return SESAMEGenerator(SESAMEConfig(classes=34), spectral_norm=False), 34, run


def sean() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """ngf 64, 19 labels; the image's own styles, encoded in the same call."""

    def run(network: nn.Module, edit: Edit) -> object:
        codes, _ = network.encode(edit.image, edit.labels)
        return network(StyledRegions.of(edit.labels, codes))

    return SEANGenerator(SEANConfig(classes=19), spectral_norm=False), 19, run


def spmpgan() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """ngf 32, 151 labels."""

    def run(network: nn.Module, edit: Edit) -> object:
        return network(edit.masked, _condition(edit, 151), edit.image)

    return SPMPGAN(SPMPGANConfig(classes=151), spectral_norm=False), 151, run


def divsem() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """ngf 32, 151 labels, style 128; the regions' styles, encoded in the same call."""

    def run(network: nn.Module, edit: Edit) -> object:
        encoder = network.zencoder
        style = encoder.normalise(encoder.read(edit.masked, edit.mask, edit.labels))
        return network(edit.masked, _condition(edit, 151, style))

    return DivSem(DivSemConfig(classes=151), spectral_norm=False), 151, run


def pix2pixhd() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The global generator, ngf 64, 35 labels and edges."""
    return _pix2pixhd("label")


def pix2pixhd_local() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The local enhancer, ngf 32, 35 labels and edges."""
    return _pix2pixhd("label local")


def pix2pixhd_encoder() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The feature encoder, nef 16, pooled over the regions."""
    encoder = FeatureEncoder(pix2pixhd_config("features", classes=35))
    return encoder, 35, lambda n, e: n(e.image, e.labels)


def him() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The image generator, ngf 64, 35 labels."""

    def run(network: nn.Module, edit: Edit) -> object:
        mask = edit.mask[:, None].float()
        return network.gated(edit.masked, him_labels(network.config, edit.labels), mask)

    return ImageGenerator(him_config("labels", classes=35)), 35, run


def him_layout() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The layout generator for Cityscapes, 35 labels; the mask stands for the box."""
    classes = torch.tensor([3])

    def run(network: nn.Module, edit: Edit) -> object:
        return network(layout_condition(edit.labels, edit.mask, classes, 35))

    return LayoutGenerator(him_config("labels", classes=35)), 35, run


def him_layout_ade() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The layout generator for ADE20K, 49 labels; the mask stands for the box."""
    classes = torch.tensor([3])

    def run(network: nn.Module, edit: Edit) -> object:
        return network(layout_condition(edit.labels, edit.mask, classes, 49))

    return LayoutGenerator(him_config("ade20k")), 49, run


def siedob() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """All of it, 34 labels, with a car that is half hidden and a person that is hidden."""
    look = StyleImages(torch.rand(1, 3, 64, 64), torch.ones(1, 64, 64, dtype=torch.bool))

    def run(network: nn.Module, edit: Edit) -> object:
        labels, hole, objects = edit.labels.clone(), edit.mask.clone(), 0 * edit.labels
        labels[:, 100:140, 60:120], objects[:, 100:140, 60:120] = 26, 1
        labels[:, 160:210, 150:175], objects[:, 160:210, 150:175] = 24, 2
        hole[:, 100:140, 60:90], hole[:, 160:210, 150:175] = True, True
        hole[:, 100:140, 90:120] = False
        known = edit.image * ~hole[:, None]
        return network(known, hole, labels, objects, _edges(edit), lambda *_: look)

    return SIEDOB(siedob_config()), 24, run  # no other pixel is of an object's class


def siedob_background() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The background generator, width 32, 34 labels."""

    def run(network: nn.Module, edit: Edit) -> object:
        edges, everywhere = _edges(edit) & edit.mask, torch.ones_like(edit.mask)
        return network(edit.masked, edit.labels, edges, edit.mask, everywhere)

    return BackgroundGenerator(siedob_config()), 34, run


def siedob_fusion() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """The fusion, width 32."""
    return Fusion(siedob_config()), 34, lambda n, e: n(e.image, e.mask, _edges(e) & e.mask)


def siedob_inpainting() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """One object that is half hidden, width 64."""

    def run(network: nn.Module, edit: Edit) -> object:
        whole = torch.ones(1, 64, 64, dtype=torch.bool)
        hole = whole & (torch.arange(64) < 32)
        return network(edit.image[..., :64, :64], whole, hole, torch.zeros(1, dtype=torch.long))

    return ObjectInpainting(siedob_config()), 34, run


def siedob_style() -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    """One object in the look of another, width 32; the code is not read back."""

    def run(network: nn.Module, edit: Edit) -> object:
        whole, kinds = torch.ones(1, 64, 64, dtype=torch.bool), torch.zeros(1, dtype=torch.long)
        code = network.encode(edit.image[..., :64, :64], whole, kinds)
        return network.generate(whole, kinds, code)

    return ObjectStyle(siedob_config()), 34, run


def _pix2pixhd(variant: str) -> tuple[nn.Module, int, Callable[[nn.Module, Edit], object]]:
    config = pix2pixhd_config(variant, classes=35)

    def run(network: nn.Module, edit: Edit) -> object:
        return network(pix2pixhd_labels(config, edit.labels, _edges(edit)))

    return Pix2PixHD(config), 35, run


SYSTEMS = {
    make.__name__: make
    for make in (
        *(spmpgan, divsem, sean, spade, sesame),
        *(pix2pixhd, pix2pixhd_local, pix2pixhd_encoder),
        *(him, him_layout, him_layout_ade),
        *(siedob, siedob_background, siedob_fusion, siedob_inpainting, siedob_style),
    )
}


def edits(classes: int, count: int) -> Iterator[Edit]:
    """The first scenes of COCO-Stuff's val and train folders."""
    root = Path(os.environ["SIEBENCH_DATA"]) / "coco_stuff"
    paths = [
        path for part in ("val", "train") for path in sorted((root / part / "labels").iterdir())
    ]
    for path in paths[:count]:
        with Image.open(path) as file:
            labels = np.array(file.resize((SIDE, SIDE), Image.Resampling.NEAREST)).astype(np.int32)
        site = Site("coco_stuff", path.stem, labels, None, ())
        drawn = make_protocol("freeform@1").draw(site, seed=0)
        assert isinstance(drawn, DrawnEdit)
        yield Edit(
            torch.rand(1, 3, SIDE, SIDE) * 2 - 1,
            torch.from_numpy(_renumbered(labels, classes))[None],
            torch.from_numpy(drawn.mask)[None],
        )


def measure(name: str, count: int, clock: Callable[[], float]) -> None:
    """Prints the median ratio over `count` scenes by a clock."""
    network, classes, run = SYSTEMS[name]()
    ready = network.eval().to(memory_format=torch.channels_last)
    resnet = torchvision.models.resnet50().eval()
    image = torch.rand(1, 3, SIDE, SIDE)
    scenes = list(edits(classes, count))
    for _ in range(2):
        resnet(image)
        run(ready, scenes[0])
    units, times = [], []
    for scene in scenes:
        units += [_seconds(lambda: resnet(image), clock) for _ in range(3)]
        times.append(_seconds(lambda scene=scene: run(ready, scene), clock))
    unit = statistics.median(units)
    print(
        f"{name:17} {statistics.median(times) / unit:6.1f} ResNet-50 forwards "
        f"({min(times) / unit:.1f} to {max(times) / unit:.1f}; one takes {unit * 1000:.0f} ms)"
    )


def grow(name: str, batch: int) -> None:
    """Prints how many MiB the peak of this process grows while it carries out a batch."""
    network, classes, run = SYSTEMS[name]()
    ready = network.eval().to(memory_format=torch.channels_last)
    scene = next(edits(classes, 1)).repeated(batch)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(ready, scene)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def memory(name: str) -> None:
    """Prints the growth of the peak at batch 1 and 8."""
    found = [
        float(subprocess.check_output([sys.executable, "-m", __spec__.name, name, "--grow", batch]))
        for batch in ("1", "8")
    ]
    print(f"{name:8} {found[0]:6.0f} MiB at batch 1, {found[1]:6.0f} MiB at batch 8")


def main() -> None:
    """Measures the systems asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*", default=list(SYSTEMS))
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--grow", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(1 if arguments.cpu else 2)
    clock = time.process_time if arguments.cpu else time.perf_counter
    torch.manual_seed(0)
    with torch.inference_mode():
        for name in arguments.systems:
            if arguments.grow:
                grow(name, arguments.grow)
            elif arguments.memory:
                memory(name)
            else:
                measure(name, arguments.images, clock)


def _condition(edit: Edit, classes: int, style: object = None) -> Condition:
    return Condition(edit.labels, _edges(edit), edit.mask, classes, style)


def _edges(edit: Edit) -> Tensor:
    edges = torch.zeros_like(edit.mask)
    across = edit.labels[:, :, 1:] != edit.labels[:, :, :-1]
    down = edit.labels[:, 1:] != edit.labels[:, :-1]
    edges[:, :, 1:] |= across
    edges[:, :, :-1] |= across
    edges[:, 1:] |= down
    edges[:, :-1] |= down
    return edges


def _renumbered(labels: np.ndarray, classes: int) -> np.ndarray:
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return (order[inverse].reshape(labels.shape) % classes).astype(np.int64)


def _seconds(run: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    run()
    return clock() - start


if __name__ == "__main__":
    main()
