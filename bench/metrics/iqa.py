"""Any metric of the pyiqa library, over the whole image and over the square around the masked region.

`iqa:NAME` is called through the library's public interface (https://iqa-pytorch.readthedocs.io/). The
library's licence is PolyForm Noncommercial, so it comes with no extra but its own. Images go in one at a
time, RGB in 0..1, so that a value does not depend on its batch. A metric with a reference compares with
the ground truth; one without judges every result.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bench.core.device import is_gpu
from bench.core.errors import BadInput, PluginFailed, Unavailable, named_line, unknown
from bench.core.identity import Record, tensors_hash
from bench.metrics.context import Context
from bench.metrics.facts import Against, Better, ScoreInfo
from bench.metrics.features import Crop
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.scene import UInt8

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ImageQuality", "iqa"]

_OF_SETS = frozenset({"fid", "fid_dinov2", "inception_score", "sfid"})
"""Metrics of the library that compare folders; siebench has its own."""

_TRIED = 224
"""Pixels of the images that a metric is tried on when it is made."""

_ONE_AT_A_TIME = threading.RLock()
"""The library sets seeds of the whole process."""


class ImageQuality(PerEdit):
    """A metric of pyiqa as this harness asks it.

    Args:
        name: the library's name of it.
        network: what `pyiqa.create_metric` gave.
        device: where it runs.
        crop: the square around the masked region.
    """

    title = "pyiqa"
    against: Against = "ground-truth"

    def __init__(self, name: str, network: Any, device: str, crop: Crop) -> None:
        super().__init__()
        self.name = f"iqa:{name}"
        self.title = f"{name} (pyiqa)"
        self.crop = crop
        self._called = name
        self._network = network
        self._device = device

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """Of the image under the metric's own name; of the crop with `-crop` behind it."""
        lower: Better = "lower" if bool(self._network.lower_better) else "higher"
        facts: dict[str, Any] = {
            "family": self.name,  # what a library has in common is no question
            "better": lower,
            "against": self.against,
            "margin": self.margin,
            "margin_kind": self.margin_kind,
        }
        return (
            ScoreInfo(self.name, self.title, region="image", **facts),
            ScoreInfo(
                f"{self.name}-crop", f"{self._called} of the crop (pyiqa)", region="mask", **facts
            ),
        )

    def definition(self) -> Record:
        """Library, its version, the metric, the hash of its weights (None without any), and the crop."""
        from importlib.metadata import version

        weights = list(_weights(self._network))
        return {
            "library": f"pyiqa {version('pyiqa')}",
            "metric": self._called,
            "weights": tensors_hash(weights) if weights else None,
            "images": "RGB in 0..1, one at a time",
            "crop": self.crop.definition(),
            "summary": "mean over edits",
        }

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Two numbers per edit: of the image, and of the crop.

        Raises:
            PluginFailed: where the library fails at an image.
        """
        del prepared
        cropped = self.crop.of(results, references.mask)
        wanted = self.crop.of(references.images, references.mask)
        crops = f"{self.name}-crop"
        found: dict[str, list[float]] = {self.name: [], crops: []}
        for at, edit in enumerate(references.edits):
            try:
                found[self.name].append(self.value(results[at], references.images[at]))
                found[crops].append(self.value(cropped[at], wanted[at]))
            except Exception as error:
                raise PluginFailed(
                    f"metric {self.name!r}: pyiqa fails at edit {edit} ({named_line(error)}); leave the "
                    "metric out"
                ) from error
        return found

    def value(self, image: UInt8, reference: UInt8) -> float:
        """The metric of one image, uint8 [H,W,3] RGB; the reference where it takes one."""
        import torch

        def tensor(one: UInt8) -> torch.Tensor:
            plain = torch.from_numpy(np.array(one)).permute(2, 0, 1)[None]
            return plain.to(self._device).float() / 255

        with _ONE_AT_A_TIME, _own_randomness(self._device), torch.inference_mode():
            given = [tensor(image)] + ([tensor(reference)] if _compares(self._network) else [])
            found = self._network(*given)
        if isinstance(found, torch.Tensor) and found.numel() == 1:
            return float(found.item())
        raise ValueError("it gives no single number for an image")


class ImageQualityAlone(ImageQuality):
    """One that looks at results alone, so that edits without a ground truth have a value too."""

    against: Against = "original"
    orders_canaries: ClassVar[bool] = False


def iqa(context: Context, metric: str = "", margin: float = 0.5, size: int = 299) -> ImageQuality:
    """Any metric of the pyiqa library that gives a number for an image, as `iqa:NAME`.

    Args:
        context: where it runs, and whether weights may be fetched.
        metric: the library's name of it, as `pyiqa.list_models()` lists them; what stands behind the colon
            in `iqa:NAME`.
        margin: of the crop, see `Crop`.
        size: of the crop in pixels.

    Raises:
        Unavailable: no metric is named, the library or the metric's weights are not here.
        BadInput: a metric that the library does not have, or one of whole sets.
    """
    if not metric:
        raise Unavailable("say which metric of pyiqa, as in iqa:musiq")
    crop = Crop(margin, size)
    try:
        import pyiqa
    except ImportError as error:
        raise Unavailable(
            f"pyiqa cannot be imported ({error}): `pip install pyiqa`, whose licence is for noncommercial use"
        ) from error
    known = pyiqa.list_models()
    if metric not in known:
        raise unknown("metric of pyiqa", metric, known)
    if metric in _OF_SETS:
        raise BadInput(
            f"pyiqa's {metric!r} is a score of whole sets; write fid, kid or fd, which siebench has itself"
        )
    network = _made(pyiqa, metric, context)
    kind = ImageQuality if _compares(network) else ImageQualityAlone
    made = kind(metric, network, context.device, crop)
    noise = np.random.default_rng(0).integers(0, 256, (2, _TRIED, _TRIED, 3), dtype=np.uint8)
    try:
        made.value(noise[0], noise[1])
    except Exception as error:
        raise Unavailable(
            f"pyiqa's {metric!r} gives no value for an image by itself ({named_line(error)})"
        ) from error
    return made


iqa.takes_argument = "metric"  # type: ignore[attr-defined]


def _made(pyiqa: Any, metric: str, context: Context) -> Any:
    """The library's own object; its weights are downloaded only where that is agreed to."""
    import torch

    with _ONE_AT_A_TIME:
        guard = _Offline()
        try:
            # The library tells what it loads on standard output, which is for scores.
            with (
                contextlib.redirect_stdout(sys.stderr),
                _own_randomness(context.device),
                contextlib.nullcontext() if context.fetch else guard,
            ):
                return pyiqa.create_metric(metric, device=torch.device(context.device))
        except Exception as error:
            if guard.asked:
                raise Unavailable(
                    f"pyiqa's {metric!r} needs weights that are not here; with --fetch it downloads them"
                ) from error
            raise Unavailable(f"pyiqa cannot make {metric!r} ({named_line(error)})") from error


def _compares(network: Any) -> bool:
    return str(network.metric_mode) == "FR"


class _Offline(contextlib.AbstractContextManager["_Offline"]):
    """A block in which no host of the network is found; `asked` says whether one was looked for."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> _Offline:
        self._before = socket.getaddrinfo
        socket.getaddrinfo = self._refuse
        return self

    def __exit__(self, *raised: object) -> None:
        socket.getaddrinfo = self._before

    def _refuse(self, *address: Any, **wanted: Any) -> Any:
        del address, wanted
        self.asked = True
        raise OSError("nothing is downloaded without --fetch")


@contextlib.contextmanager
def _own_randomness(device: str) -> Iterator[None]:
    """A block that leaves the random numbers of the process as they were."""
    import torch

    plain, numbers = random.getstate(), np.random.get_state()  # the library sets it
    devices = [torch.device(device)] if is_gpu(device) else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(plain)
            np.random.set_state(numbers)


def _weights(network: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every array of the network by its path: parameters, buffers, and what modules hold beside them."""
    import torch

    for path, module in network.named_modules():
        held = {**vars(module), **module._parameters, **module._buffers}
        for name, value in sorted(held.items(), key=lambda item: item[0]):
            if isinstance(value, torch.Tensor) and value.numel():
                yield f"{path}.{name}", value.detach().float().cpu().numpy()
            elif isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fiub":
                yield f"{path}.{name}", value
