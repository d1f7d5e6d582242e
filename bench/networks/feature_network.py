"""The FeatureNetwork contract, and feature networks by name.

A feature network turns every image into one vector. `fd` and `kd` give the Fréchet and the kernel
distance through any of them, under the network's own name: `fd-NAME`, `kd-NAME`, never "FID".
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.identity import Record, checked_record
from bench.networks.recent import Recent
from bench.networks.weights import weight_folders
from bench.plugins.foreign import foreign
from bench.plugins.kinds import NETWORKS
from bench.plugins.origin import said_by
from bench.plugins.registry import Registry
from bench.scene import UInt8

__all__ = ["FeatureNetwork", "RememberedNetwork", "factory_of", "make_network", "untried_network"]

Float32 = NDArray[np.float32]


@runtime_checkable
class FeatureNetwork(Protocol):
    """A network that turns an image into one vector, with its preprocessing.

    It is registered as a function or class that is called with `(device, folders)`: where it runs
    ("cpu", "cuda", "cuda:1") and where weights are looked for (paths); one that takes a third argument
    is given what a suite writes behind its name ("dinov2:FOLDER"). Where its weights are missing that
    call raises `siebench.Unavailable` with a sentence that says how to get them.

    Attributes:
        name: part of the score's name ("inception" gives "fd-inception").
        title: optional; as a reader sees it, in place of the name.
        official: optional; False where its weights are not the file that the name stands for.
    """

    name: str

    def features(self, images: UInt8) -> Float32:
        """float32 [B,D] of uint8 [B,H,W,3] RGB, a new array each time; D is the same for all images.

        An image's features must not depend on the others of its batch.
        """
        ...

    def identity(self) -> Record:
        """What tells its numbers from those of another network: tensors' hash, preprocessing, layer.

        Part of the protocol hash and of the cache key, so it must be JSON-like and always the same.
        """
        ...


class RememberedNetwork:
    """A feature network that remembers its last few answers, so that FID and KID pay once.

    Attributes:
        plugin: the network itself.
        argument: what it was made with, as `said_by` has it.
        label: what the names of scores through it end in: its name, and whether it is the real one.
    """

    def __init__(self, network: FeatureNetwork, device: str, argument: str | None = None) -> None:
        self.plugin = network
        self.argument = argument
        self.name = network.name
        self.official: bool = getattr(network, "official", True)
        self.label = self.name if self.official else f"{self.name}-unofficial"
        self.title: str = getattr(network, "title", network.name)
        if not self.official:
            self.title += ", weights not the official file"
        self.device = device
        # Real images, results and the crops of both, of three groups: so many are under way on a GPU.
        self._recent = Recent(self._checked, size=12)
        self._identity: Record | None = None

    def identity(self) -> Record:
        """The network's own identity; hashed once."""
        if self._identity is None:
            with foreign(f"feature network {self.name!r}: identity()"):
                self._identity = checked_record(self.plugin.identity())
        return self._identity

    def warm_up(self) -> None:
        """Loads the network where it can be loaded ahead."""
        warm_up = getattr(self.plugin, "warm_up", None)
        if warm_up is not None:
            warm_up()
        self.identity()

    def features(self, images: UInt8) -> Float32:
        """float32 [B,D] of uint8 [B,H,W,3] RGB.

        Raises:
            BadInput: where the network gives something else.
            PluginFailed: where it raises anything but a `BadInput`.
        """
        return self._recent(images)

    def _checked(self, images: UInt8) -> Float32:
        with foreign(f"feature network {self.name!r}: features()"):
            found = np.asarray(self.plugin.features(images))
        if found.ndim != 2 or len(found) != len(images) or found.dtype != np.float32:
            raise BadInput(
                f"feature network {self.name!r} gave {found.dtype} {list(found.shape)} for "
                f"{len(images)} images; expected float32 [{len(images)},D]"
            )
        return found


class _Finished:
    """A factory that gives one finished object; it equals another factory of the same object."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def __call__(self, *_: Any) -> Any:
        """The object."""
        return self.made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Finished) and other.made is self.made

    def __hash__(self) -> int:
        return id(self.made)


def make_network(
    name: str,
    device: str = "cpu",
    folders: Sequence[Path] | None = None,
    *,
    trust: bool = False,
) -> RememberedNetwork:
    """The feature network of a name; the same object for the same name within a process.

    Args:
        name: a registered name, or `package.module:attribute` with trust; an argument stands behind
            another colon ("dinov2:FOLDER").
        device: where it runs.
        folders: where weights are looked for; None = where SIEBENCH_WEIGHTS says.
        trust: agreement to import the module that `name` may point at.

    Raises:
        BadInput: an unknown name, or something that is not a feature network.
        Unavailable: where its weights are not here.
    """
    factory, argument = factory_of(NETWORKS, name, "features", trust)
    given = tuple(weight_folders() if folders is None else folders)
    return _remembered(factory, device, given, argument, said_by(argument))


def untried_network(name: str, *, trust: bool = False) -> object:
    """What a feature network's factory gives on a CPU, as it is: for checks of its contract.

    Args and Raises: as `make_network`.
    """
    factory, argument = factory_of(NETWORKS, name, "features", trust)
    return _called(factory, "cpu", weight_folders(), argument)


def factory_of(
    registry: Registry[Any], name: str, method: str, trust: bool
) -> tuple[Callable[..., Any], str]:
    """What makes a feature network or a segmenter, and the argument it is called with.

    Args:
        registry: of the one or the other.
        name: as `Registry.split` takes it.
        method: what a finished one has, which is given as it is.
        trust: agreement to import the module that `name` may point at.

    Raises:
        BadInput: an unknown name, or an argument for one that takes none.
    """
    kind, argument = registry.split(name)
    registered = registry.get(kind, trust=trust)
    finished = hasattr(registered, method) and not isinstance(registered, type)
    if argument and (finished or not _takes_argument(registered)):
        raise BadInput(f"{registry.kind} {name!r}: it takes no argument; leave {argument!r} out")
    return (_Finished(registered) if finished else registered), argument


def _takes_argument(factory: Callable[..., Any]) -> bool:
    try:
        inspect.signature(factory).bind("cpu", None, "argument")
    except TypeError:
        return False
    return True


def _called(
    factory: Callable[..., Any], device: str, folders: tuple[Path, ...], argument: str
) -> Any:
    given = (device, folders, argument) if argument else (device, folders)
    with foreign(f"feature network {getattr(factory, '__name__', '')!r}: its constructor"):
        return factory(*given)


@functools.lru_cache(maxsize=8)
def _remembered(
    factory: Callable[..., Any],
    device: str,
    folders: tuple[Path, ...],
    argument: str,
    said: str | None,
) -> RememberedNetwork:
    made = _called(factory, device, folders, argument)
    if not isinstance(made, FeatureNetwork):
        raise BadInput(
            f"a feature network's factory gave a {type(made).__name__} that lacks `name`, "
            "`features(images)` or `identity()`; see docs/extending.md"
        )
    return RememberedNetwork(made, device, said)
