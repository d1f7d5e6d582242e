"""Segmenters behind one contract: ONNX files, transformers folders, mmsegmentation checkpoints, ours."""

from bench.networks.segmenters.label_maps import label_lookup, unlabelled
from bench.networks.segmenters.make import make_segmenter, untried_segmenter
from bench.networks.segmenters.segmenter import Segmenter, kept_by

__all__ = [
    "Segmenter",
    "kept_by",
    "label_lookup",
    "make_segmenter",
    "unlabelled",
    "untried_segmenter",
]
