"""Segmenters of mmsegmentation: a config and a checkpoint, with nothing to compile.

mmsegmentation asks for mmcv's compiled operations when it is imported although hardly any network
calls one. With `mmcv-lite` a stand-in takes their place, whose functions raise when they are
called. The config's test pipeline says how images are fed. A .py config is run as Python by
mmengine: use only configs that you trust. The checkpoint is read as plain tensors.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import BadInput, Unavailable
from bench.core.identity import Record, record_hash, tensors_hash
from bench.core.variables import home_path
from bench.networks.batches import exactly
from bench.networks.segmenters.segmenter import Segmenter, own_space
from bench.networks.weights import WeightsMissing
from bench.networks.weights.finder import read_tensors
from bench.scene import Int32, UInt8

__all__ = ["MmsegSegmenter", "mmseg"]


class MmsegSegmenter(Segmenter):
    """A network of mmsegmentation, fed as its config's test pipeline says.

    Args:
        config: the .py (or .json, .yaml) config.
        checkpoint: the .pth file; its tensors must fit the config's model exactly.
        device: where the network runs.

    Raises:
        WeightsMissing: where a file is not there.
        Unavailable: where the library is not there.
        BadInput: where config and checkpoint do not fit.
    """

    def __init__(self, config: Path, checkpoint: Path, device: str = "cpu") -> None:
        for path in (config, checkpoint):
            if not path.is_file():
                raise WeightsMissing(
                    f"{path}: there is no such file; a segmenter is mmseg:CONFIG,CHECKPOINT"
                )
        self.name = config.stem
        self.config = config
        with _quietly():
            self._network = _build(config, checkpoint)
        self._network.to(device)
        self.space = own_space(f"mmseg:{config.stem}", _classes(self._network))

    def identity(self) -> Record:
        """Tensors, preprocessing and classes."""
        settings = self._network.cfg
        state = self._network.state_dict()
        return {
            "segmenter": "mmseg",
            "tensors": tensors_hash((name, value.cpu().numpy()) for name, value in state.items()),
            "model": record_hash(settings.model.to_dict()),
            "pipeline": [str(dict(step)) for step in settings.test_pipeline],
            "classes": list(self.space.classes),
        }

    def segment(self, images: UInt8) -> Int32:
        """int32 [B,H,W] of uint8 [B,H,W,3] RGB."""
        return np.stack([self._one(image) for image in images])

    def _one(self, image: UInt8) -> Int32:
        from mmseg.apis import inference_model

        # mmsegmentation takes images as OpenCV reads them.
        with exactly():
            found = inference_model(self._network, np.ascontiguousarray(image[..., ::-1]))
        return np.asarray(found.pred_sem_seg.data[0].cpu().numpy(), dtype=np.int32)


def mmseg(argument: str, device: str, folders: Sequence[Path]) -> MmsegSegmenter:
    """A network of mmsegmentation: CONFIG,CHECKPOINT."""
    del folders
    config, checkpoint = (
        home_path(file, "segmenter mmseg") for file in argument.partition(",")[::2]
    )
    return MmsegSegmenter(config, checkpoint, device)


def _build(config: Path, checkpoint: Path) -> Any:
    _stand_in_for_compiled_operations()
    try:
        from mmengine.config import Config
        from mmseg.registry import MODELS
        from mmseg.utils import register_all_modules
    except ImportError as error:
        raise Unavailable(
            f"mmsegmentation cannot be imported ({error}): `pip install 'mmsegmentation>=1.2.2' "
            "'mmcv-lite>=2.0.1,<2.2' ftfy regex`"
        ) from error
    register_all_modules()
    settings = Config.fromfile(str(config))
    # Weights come from the checkpoint alone; nothing is fetched for the backbone.
    settings.model.pretrained = None
    settings.model.train_cfg = None
    settings.model.get("backbone", {}).pop("init_cfg", None)
    network = MODELS.build(settings.model)
    try:
        network.load_state_dict(read_tensors(checkpoint))
    except RuntimeError as error:
        raise BadInput(f"{checkpoint}: does not fit {config} ({error})") from error
    network.cfg = settings
    return network.eval().requires_grad_(False)


def _classes(network: Any) -> tuple[str, ...]:
    """The class names of the config's dataset, or numbers where it names none that is known."""
    from mmseg.registry import DATASETS

    dataset = DATASETS.get(network.cfg.get("dataset_type", ""))
    named = () if dataset is None else dataset.METAINFO.get("classes", ())
    count = int(network.num_classes)
    if len(named) == count:
        return tuple(str(name) for name in named)
    return tuple(f"class {k}" for k in range(count))


class _NotCompiled(types.ModuleType):
    """In place of `mmcv._ext`: every function is there and raises when it is called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def operation(*_: Any, **__: Any) -> Any:
            raise BadInput(
                f"the network calls mmcv's compiled operation {name!r}, which mmcv-lite does not "
                "have; install mmcv itself or choose another network"
            )

        return operation


def _stand_in_for_compiled_operations() -> None:
    name = "mmcv._ext"
    if name in sys.modules or importlib.util.find_spec("mmcv") is None:
        return
    if importlib.util.find_spec(name) is None:
        module = _NotCompiled(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = module


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without mmsegmentation's warnings about its own deprecated calls."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
