"""The networks that metrics use, where their official files are and what those hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.core.errors import unknown
from bench.networks.weights import shapes

__all__ = ["CATALOGUE", "Network", "network"]


@dataclass(frozen=True)
class Network:
    """One official file.

    Attributes:
        name: as `weights list` shows it.
        purpose: which metrics use it.
        file: the official file's name.
        url: the official address.
        sha256_prefix: the first hex digits of the file's SHA-256, as its own name carries them; more
            is not known, and a hash that nobody computed is not written down.
        megabytes: the file's size in units of 2^20 bytes as its publisher states it, or None.
        licence: of the weights.
        paper: where the network comes from.
        tensors: gives the names and shapes of the tensors that the metric uses; a file that holds
            them is such a file, whatever it is called and whatever else it holds.
    """

    name: str
    purpose: str
    file: str
    url: str
    sha256_prefix: str
    megabytes: float | None
    licence: str
    paper: str
    tensors: Callable[[], Mapping[str, shapes.Shape]] = field(repr=False)


_TORCHVISION = "https://download.pytorch.org/models/"

CATALOGUE: tuple[Network, ...] = (
    Network(
        name="inception-fid",
        purpose="fid, fid-clean, fid-bgr, kid",
        file="pt_inception-2015-12-05-6726825d.pth",
        url="https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth",
        sha256_prefix="6726825d",
        megabytes=None,
        licence="Apache-2.0",
        paper="Heusel et al. 2017, TensorFlow's Inception of 2015-12-05 ported by pytorch-fid",
        tensors=shapes.inception,
    ),
    Network(
        name="alexnet",
        purpose="lpips-alex, diversity",
        file="alexnet-owt-7be5be79.pth",
        url=_TORCHVISION + "alexnet-owt-7be5be79.pth",
        sha256_prefix="7be5be79",
        megabytes=233.1,
        licence="BSD-3-Clause",
        paper="Krizhevsky 2014, trained by torchvision",
        tensors=shapes.alexnet,
    ),
    Network(
        name="squeezenet",
        purpose="lpips-squeeze",
        file="squeezenet1_1-b8a52dc0.pth",
        url=_TORCHVISION + "squeezenet1_1-b8a52dc0.pth",
        sha256_prefix="b8a52dc0",
        megabytes=4.7,
        licence="BSD-3-Clause",
        paper="Iandola et al. 2016, version 1.1, trained by torchvision",
        tensors=shapes.squeezenet,
    ),
    Network(
        name="vgg16",
        purpose="lpips-vgg",
        file="vgg16-397923af.pth",
        url=_TORCHVISION + "vgg16-397923af.pth",
        sha256_prefix="397923af",
        megabytes=527.8,
        licence="BSD-3-Clause",
        paper="Simonyan and Zisserman 2014, trained by torchvision",
        tensors=shapes.vgg16,
    ),
    Network(
        name="vgg19",
        purpose="perceptual loss in training",
        file="vgg19-dcbb9e9d.pth",
        url=_TORCHVISION + "vgg19-dcbb9e9d.pth",
        sha256_prefix="dcbb9e9d",
        megabytes=548.1,
        licence="BSD-3-Clause",
        paper="Simonyan and Zisserman 2014, trained by torchvision",
        tensors=shapes.vgg19,
    ),
)


def network(name: str) -> Network:
    """The catalogue's entry of a name.

    Raises:
        BadInput: for a name that is not in the catalogue.
    """
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    raise unknown("network", name, [entry.name for entry in CATALOGUE])
