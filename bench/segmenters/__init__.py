"""Segmenters behind one contract: ONNX files, transformers folders, mmsegmentation checkpoints."""

from bench.segmenters.label_maps import label_lookup
from bench.segmenters.registry import make_segmenter
from bench.segmenters.segmenter import Segmenter

__all__ = ["Segmenter", "label_lookup", "make_segmenter"]
