"""The same files and the same weights through the reference libraries, beside our own numbers.

| score | library |
| --- | --- |
| fid | pytorch-fid: its reading, network, moments and matrix root |
| fid-clean | clean-fid: its reading, resize, moments and matrix root, on pytorch-fid's network |
| lpips-alex, lpips-squeeze, lpips-vgg | lpips |
| psnr, ssim, rmse | scikit-image and torchmetrics, where they are installed |

Nothing is downloaded: the libraries' networks are given the weights of this machine. They keep all bits of
float32, as ours do; with TF32, which PyTorch takes on a GPU, features are off by 1e-3. Where a library's
matrix root fails on the installed SciPy, ours takes its place on the library's own features, and the
note says so.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput, Unavailable, first_line, named_line
from bench.core.float32 import same_algorithms
from bench.core.images import opened, read_image
from bench.metrics import Score
from bench.metrics.frechet import frechet_distance
from bench.networks.perceptual import TRUNKS, Trunk, lpips_slices
from bench.networks.weights import Found, require
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["CrossCheck", "cross_check"]

Float32 = NDArray[np.float32]
Files = Sequence[tuple[Path, Path]]


@dataclass(frozen=True)
class CrossCheck:
    """One of our scores beside a library's.

    Attributes:
        metric: the score's name.
        library: the library with its version; "" where none computes this score.
        ours, theirs: the two values, or None where there is none.
        deviation: ours minus theirs.
        relative: the deviation's size as a share of theirs.
        note: what the reader must know of the library's value, or why there is none.
    """

    metric: str
    library: str
    ours: float | None
    theirs: float | None = None
    deviation: float | None = None
    relative: float | None = None
    note: str = ""


def cross_check(
    files: Files,
    scores: Sequence[Score],
    *,
    weights: Sequence[Path] | None = None,
    device: str = "cpu",
) -> list[CrossCheck]:
    """What the reference libraries say of the same files, one row for each score and library.

    Args:
        files: (real, fake) of each pair, in order.
        scores: our own scores over the whole image, not those of single classes.
        weights: folders in which weights are looked for; None = where SIEBENCH_WEIGHTS says.
        device: where the libraries' networks run.
    """
    rows: list[CrossCheck] = []
    for score in scores:
        libraries = _LIBRARIES.get(score.metric, {})
        if score.value is None or not libraries:
            note = score.reason if score.value is None else "no library here computes it"
            rows.append(CrossCheck(score.metric, "", score.value, note=note))
            continue
        rows += [
            _row(score, library, look, _Given(files, weights, device))
            for library, look in libraries.items()
        ]
    return rows


@dataclass(frozen=True)
class _Given:
    """What every library is given."""

    files: Files
    weights: Sequence[Path] | None
    device: str


_Look = Callable[[_Given], tuple[float, str]]
"""Gives a library's value, and what must be said of it."""


def _row(score: Score, library: str, look: _Look, given: _Given) -> CrossCheck:
    ours = score.value
    try:
        called = f"{library} {version(library)}"
    except PackageNotFoundError:
        note = f"{library} is not installed: `pip install {library}`"
        return CrossCheck(score.metric, library, ours, note=note)
    try:
        with same_algorithms(exact=True):
            theirs, note = look(given)
    except Exception as error:  # whatever a library does, our own scores stand
        reason = first_line(error) if isinstance(error, BadInput) else named_line(error)
        return CrossCheck(score.metric, called, ours, note=f"{library} gives no value ({reason})")
    assert ours is not None
    deviation = 0.0 if ours == theirs else ours - theirs
    relative = abs(deviation / theirs) if theirs and math.isfinite(theirs) else None
    return CrossCheck(score.metric, called, ours, theirs, deviation, relative, note)


# pytorch-fid and clean-fid


def _pytorch_fid(given: _Given) -> tuple[float, str]:
    from pytorch_fid import fid_score

    network = _their_inception(require("inception-fid", given.weights)).to(given.device)
    sides: list[Float32] = []
    for side in zip(*given.files):
        size = 50 if len({_size(path) for path in side}) == 1 else 1
        rows = fid_score.get_activations(
            list(side), network, min(size, len(side)), 2048, given.device, num_workers=0
        )
        sides.append(rows)

    def theirs() -> float:
        moments = [(np.mean(rows, axis=0), np.cov(rows, rowvar=False)) for rows in sides]
        return float(fid_score.calculate_frechet_distance(*moments[0], *moments[1]))

    return _with_a_root(theirs, sides)


def _clean_fid(given: _Given) -> tuple[float, str]:
    import torch
    from cleanfid import fid as cleanfid

    found = require("inception-fid", given.weights)
    trunk = _their_inception(found, resize_input=False, normalize_input=False).to(given.device)

    def network(batch: Tensor) -> Tensor:
        """clean-fid hands over 0..255 and scales inside its own network."""
        features: Tensor = trunk((batch - 128) / 128)[0].flatten(1)
        return features

    def features(files: Sequence[Path]) -> Float32:
        rows: Float32 = cleanfid.get_files_features(
            [str(path) for path in files],
            network,
            num_workers=0,
            batch_size=16,
            device=torch.device(given.device),
            mode="clean",
            verbose=False,
        )
        return rows

    sides = [features(side) for side in zip(*given.files)]
    return _with_a_root(lambda: float(cleanfid.fid_from_feats(*sides)), sides)


def _with_a_root(theirs: Callable[[], float], sides: Sequence[Float32]) -> tuple[float, str]:
    """The library's distance; where its matrix root fails, ours over its features."""
    import io

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # what it says of a singular product
            value = theirs()
        if math.isfinite(value):
            return value, ""
        failed = f"gives {value}"
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        failed = named_line(error)
    import scipy

    note = (
        f"its matrix root fails with SciPy {scipy.__version__} ({failed}); ours takes its place, "
        "over its own features"
    )
    return frechet_distance(sides[0], sides[1]), note


def _their_inception(found: Found, **settings: bool) -> nn.Module:
    """pytorch-fid's own class, which asks torch.hub for a file: it finds ours there."""
    import torch
    from pytorch_fid.inception import FID_WEIGHTS_URL, InceptionV3

    state = found.load()
    # What the official file holds beside the tensors that the features need.
    for name in [name for name in state if name.endswith("running_mean")]:
        state[name.replace("running_mean", "num_batches_tracked")] = torch.tensor(0)
    state |= {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder)):
        place = Path(folder) / "checkpoints" / FID_WEIGHTS_URL.rpartition("/")[2]
        place.parent.mkdir()
        torch.save(state, place)
        network: nn.Module = InceptionV3([3], **settings)
    return network.eval()


@contextlib.contextmanager
def _hub(folder: Path) -> Iterator[None]:
    """torch.hub with another folder, and without a way to download."""
    import torch

    def refused(url: str, *_: Any, **__: Any) -> None:
        raise Unavailable(f"it would download {url}, and a cross-check downloads nothing")

    before, download = torch.hub.get_dir(), torch.hub.download_url_to_file
    torch.hub.set_dir(folder)
    torch.hub.download_url_to_file = refused
    try:
        yield
    finally:
        torch.hub.download_url_to_file = download
        torch.hub.set_dir(before)


# lpips


def _lpips(trunk: Trunk) -> _Look:
    def look(given: _Given) -> tuple[float, str]:
        import torch

        network = _their_lpips(trunk, require(TRUNKS[trunk], given.weights)).to(given.device)
        values = []
        with torch.inference_mode():
            for pair in given.files:
                real, fake = (_as_input(read_image(path)).to(given.device) for path in pair)
                values.append(float(network(real, fake)))
        return float(np.mean(values)), ""

    return look


def _their_lpips(trunk: Trunk, found: Found) -> nn.Module:
    """The package's network with its own linear weights, and the trunk of this machine."""
    import warnings

    import lpips

    with warnings.catch_warnings():
        # torchvision warns of the argument `pretrained`, which the package still uses.
        warnings.simplefilter("ignore")
        network: nn.Module = lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False)
    inside: Any = network.net
    inside.load_state_dict(lpips_slices(inside, found.load()))
    return network.eval()


def _as_input(image: UInt8) -> Tensor:
    """float32 [1,3,H,W] in [-1,1], as the package's own `im2tensor`."""
    import torch

    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1


# scikit-image and torchmetrics


def _mean_over_pairs(value: Callable[[UInt8, UInt8], float]) -> _Look:
    def look(given: _Given) -> tuple[float, str]:
        values = [value(read_image(real), read_image(fake)) for real, fake in given.files]
        return float(np.mean(values)), ""

    return look


def _skimage_psnr(real: UInt8, fake: UInt8) -> float:
    import skimage.metrics

    library: Any = skimage.metrics  # it has no types
    with np.errstate(divide="ignore"):
        return float(library.peak_signal_noise_ratio(real, fake, data_range=255))


def _skimage_rmse(real: UInt8, fake: UInt8) -> float:
    import skimage.metrics

    library: Any = skimage.metrics
    return math.sqrt(library.mean_squared_error(real, fake))


def _skimage_ssim(real: UInt8, fake: UInt8) -> float:
    import skimage.metrics

    library: Any = skimage.metrics
    wang = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(library.structural_similarity(_luma(real), _luma(fake), data_range=255, **wang))


def _torchmetrics_psnr(real: UInt8, fake: UInt8) -> float:
    import torch
    from torchmetrics.functional.image import peak_signal_noise_ratio

    one, two = (torch.from_numpy(image).double() for image in (fake, real))
    return float(peak_signal_noise_ratio(one, two, data_range=255.0))


def _torchmetrics_ssim(given: _Given) -> tuple[float, str]:
    """Its map without the window's border, as Wang averages it; its own mean is in the note."""
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    inner, whole = [], []
    for pair in given.files:
        real, fake = (torch.from_numpy(_luma(read_image(path)))[None, None] for path in pair)
        found: Any = structural_similarity_index_measure(
            fake, real, data_range=255.0, return_full_image=True
        )
        whole.append(float(found[0]))
        inner.append(float(found[1][..., 5:-5, 5:-5].mean()))
    note = (
        f"its map without the border; with a mirrored border, as it averages, {np.mean(whole):.6f}"
    )
    return float(np.mean(inner)), note


def _luma(image: UInt8) -> NDArray[np.float64]:
    """ITU-R BT.601, on which Wang's SSIM is computed."""
    luma: NDArray[np.float64] = image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    return luma


def _size(path: Path) -> tuple[int, int]:
    with opened(path, decoded=False) as image:
        size: tuple[int, int] = image.size
        return size


_LIBRARIES: Mapping[str, Mapping[str, _Look]] = MappingProxyType(
    {
        # A Fréchet distance through other than the official weights bears another name, not formula.
        "fid": {"pytorch-fid": _pytorch_fid},
        "frechet": {"pytorch-fid": _pytorch_fid},
        "fid-clean": {"clean-fid": _clean_fid},
        "frechet-clean": {"clean-fid": _clean_fid},
        "lpips-alex": {"lpips": _lpips("alex")},
        "lpips-squeeze": {"lpips": _lpips("squeeze")},
        "lpips-vgg": {"lpips": _lpips("vgg")},
        "psnr": {
            "scikit-image": _mean_over_pairs(_skimage_psnr),
            "torchmetrics": _mean_over_pairs(_torchmetrics_psnr),
        },
        "rmse": {"scikit-image": _mean_over_pairs(_skimage_rmse)},
        "ssim": {
            "scikit-image": _mean_over_pairs(_skimage_ssim),
            "torchmetrics": _torchmetrics_ssim,
        },
    }
)
"""The libraries that compute each score."""
