"""Metrics by name, made with a suite's options, or the reason why one cannot be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from bench.core.errors import BadInput, unknown
from bench.metrics.context import Context
from bench.metrics.diversity import Diversity
from bench.metrics.fid import FID, KID
from bench.metrics.iou import CONVENTIONS, VOIDS
from bench.metrics.leak import Leak
from bench.metrics.lpips import LPIPS, LPIPSChange
from bench.metrics.metric import Metric, Missing
from bench.metrics.pixel import L1, PSNR, RMSE
from bench.metrics.procedural import ProceduralFrechet, ProceduralPerceptual
from bench.metrics.seam import Seam
from bench.metrics.segmentation import Accuracy, MeanIoU
from bench.metrics.ssim import PLANES as SSIM_PLANES
from bench.metrics.ssim import SSIM, SSIMSean, SSIMSesame
from bench.networks.inception import Inception
from bench.networks.perceptual import TRUNKS, Perceptual, Trunk
from bench.networks.procedural import SegmenterFeatures, SegmenterLayers
from bench.networks.segmenters import Segmenter, make_segmenter
from bench.networks.weights import Found, WeightsMissing, fetch, find, require

__all__ = ["make_metric", "metric_names"]

T = TypeVar("T")

Factory = Callable[..., Metric]
"""Called with the context and a suite's options as keyword arguments."""


def metric_names() -> list[str]:
    """The names that `make_metric` knows, sorted."""
    return sorted(_FACTORIES)


def make_metric(
    name: str, options: Mapping[str, Any] | None = None, context: Context | None = None
) -> Metric | Missing:
    """The metric of a name, or why it cannot be computed here (weights or a segmenter are missing).

    Networks are found now, so that the reason is known before the run, but loaded on first use.

    Raises:
        BadInput: for an unknown name or option, or a value that an option does not take.
    """
    if name not in _FACTORIES:
        raise unknown("metric", name, _FACTORIES)
    factory, given = _FACTORIES[name], dict(options or {})
    known = list(inspect.signature(factory).parameters)[1:]
    for option in given:
        if option not in known:
            raise BadInput(
                f"metric {name!r} has no option {option!r}; "
                + (f"it has {', '.join(known)}" if known else "it takes none")
            )
    try:
        return factory(context or Context(), **given)
    except WeightsMissing as error:
        return Missing(str(error))


def _diversity(context: Context, trunk: str = "alex") -> Metric:
    known = _one_of("diversity", "trunk", trunk, tuple(TRUNKS))
    return Diversity(Perceptual(known, _weights(TRUNKS[known], context), context.device))


def _one_of(metric: str, option: str, value: str, known: Sequence[T]) -> T:
    """The known value that `value` is, with its narrow type."""
    for one in known:
        if value == one:
            return one
    raise BadInput(
        f"metric {metric!r}: option {option!r} is {value!r}, expected one of "
        + ", ".join(map(str, known))
    )


def _weights(name: str, context: Context) -> Found:
    if context.fetch and find(name, context.weights) is None:
        fetch(name, folder=None if context.weights is None else context.weights[0])
    return require(name, context.weights)


@functools.lru_cache(maxsize=8)
def _extractor(weights: Found, front: str, device: str) -> Inception:
    """One object for FID and KID, which remembers what it has just seen."""
    return Inception(weights, front, device)


def _plain(kind: Callable[[], Metric]) -> Factory:
    def factory(context: Context) -> Metric:
        del context
        return kind()

    return factory


def _ssim(context: Context, planes: str = "luma") -> Metric:
    del context
    return SSIM(_one_of("ssim", "planes", planes, SSIM_PLANES))


def _lpips(trunk: Trunk, kind: type[LPIPS] = LPIPS) -> Factory:
    def factory(context: Context) -> Metric:
        weights = _weights(TRUNKS[trunk], context)
        return kind(Perceptual(trunk, weights, context.device))

    return factory


def _miou(context: Context, convention: str = "dataset") -> Metric:
    known = _one_of("miou", "convention", convention, CONVENTIONS)
    return MeanIoU(_segmenter(context), context.cache, known)


def _accuracy(context: Context, void: str = "excluded") -> Metric:
    known = _one_of("accuracy", "void", void, VOIDS)
    return Accuracy(_segmenter(context), context.cache, known)


def _segmenter(context: Context) -> Segmenter:
    if context.segmenter is None:
        raise WeightsMissing(
            "no segmenter is named for this dataset; name one, as in onnx:FILE, hf:FOLDER or "
            "mmseg:CONFIG,CHECKPOINT"
        )
    return make_segmenter(context.segmenter, context.device, context.weights)


def _inception(kind: type[FID] | type[KID], name: str, title: str, front: str) -> Factory:
    def factory(context: Context) -> Metric:
        weights = _weights("inception-fid", context)
        extractor = _extractor(weights, front, context.device)
        if weights.official:
            return kind(name, title, extractor, context.cache)
        plain = name.replace("fid", "frechet").replace("kid", "kernel")
        called = "Fréchet distance" if kind is FID else "Kernel distance"
        return kind(plain, f"{called} (weights not the official file)", extractor, context.cache)

    return factory


def _fd_procedural(context: Context) -> Metric:
    extractor = SegmenterFeatures(context.device, context.weights)
    title = "Fréchet distance (procedural segmenter)"
    return ProceduralFrechet("fd-procedural", title, extractor, context.cache)


def _perceptual_procedural(context: Context) -> Metric:
    return ProceduralPerceptual(SegmenterLayers(context.device, context.weights))


_FACTORIES: Mapping[str, Factory] = MappingProxyType(
    {
        "accuracy": _accuracy,
        "diversity": _diversity,
        "fd-procedural": _fd_procedural,
        "fid": _inception(FID, "fid", "FID", "pytorch-fid"),
        "fid-bgr": _inception(FID, "fid-bgr", "FID (BGR)", "bgr"),
        "fid-clean": _inception(FID, "fid-clean", "clean-FID", "clean-fid"),
        "fid-torchmetrics": _inception(
            FID, "fid-torchmetrics", "FID (torchmetrics)", "torchmetrics"
        ),
        "kid": _inception(KID, "kid", "KID", "pytorch-fid"),
        "l1": _plain(L1),
        "leak": _plain(Leak),
        "lpips-alex": _lpips("alex"),
        "lpips-alex-original": _lpips("alex", LPIPSChange),
        "lpips-squeeze": _lpips("squeeze"),
        "lpips-squeeze-original": _lpips("squeeze", LPIPSChange),
        "lpips-vgg": _lpips("vgg"),
        "lpips-vgg-original": _lpips("vgg", LPIPSChange),
        "miou": _miou,
        "perceptual-procedural": _perceptual_procedural,
        "psnr": _plain(PSNR),
        "rmse": _plain(RMSE),
        "seam": _plain(Seam),
        "ssim": _ssim,
        "ssim-sean": _plain(SSIMSean),
        "ssim-sesame": _plain(SSIMSesame),
    }
)
