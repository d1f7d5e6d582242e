"""Models of the transformers library, loaded from a folder or from its cache; nothing is fetched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from bench.core.errors import BadInput, Unavailable, first_line
from bench.core.identity import record_hash
from bench.core.text import counted
from bench.core.variables import home_path
from bench.networks.weights import WeightsMissing

__all__ = ["hub_source", "load_hub_model", "model_hash", "stored_config", "whole_model"]

T = TypeVar("T")

_SAID_ELSEWHERE = frozenset(
    ("dtype", "id2label", "label2id", "torch_dtype", "transformers_version")
)
"""Fields of a config that decide no number, or stand in the record by themselves."""


def hub_source(written: str, what: str) -> str:
    """A folder, whose path may begin with `~`, or the name of a repository, which stays as it is.

    Raises:
        BadInput: as `home_path`.
    """
    return str(home_path(written, what)) if written.startswith("~") else written


def load_hub_model(what: str, files: str, kind: str, load: Callable[[Any], T]) -> T:
    """What `load(transformers)` gives, with its errors in our words.

    `load` reads with `local_files_only=True`, so that no repository is asked and no code of one runs.

    Args:
        what: what is loaded, as a message begins ("the segmenter hf:FOLDER").
        files: what a folder must hold.
        kind: what the files must be ("segmentation model").
        load: does the loading.

    Raises:
        Unavailable: without the library, or a package that it asks for.
        WeightsMissing: where the files are not here.
        BadInput: where they are something else, or damaged.
    """
    try:
        import transformers
    except ImportError as error:
        raise Unavailable("transformers is not installed: `pip install transformers`") from error
    with _quietly(transformers):
        try:
            return load(transformers)
        except OSError as error:
            said = first_line(error)
            raise WeightsMissing(
                f"{what} is not here: name a folder with {files} ({said})"
            ) from error
        except ImportError as error:
            raise Unavailable(f"{what} needs a package ({first_line(error)})") from error
        except Exception as error:  # a damaged file makes the library raise nearly anything
            raise BadInput(f"{what} is no {kind} ({first_line(error)})") from error


def whole_model(kind: Any, source: str) -> Any:
    """A model of the library from files that hold its every tensor, in single precision.

    The library draws what a file lacks at random: an encoder alone would name pixels anyhow. From its
    version 5 on it also computes in the precision that the file is stored in.

    Args:
        kind: the library's class.
        source: a folder or the name of a repository.

    Raises:
        OSError: where the files are not here.
        Exception: of nearly any kind where they are something else, or lack a tensor.
    """
    model, told = kind.from_pretrained(source, local_files_only=True, output_loading_info=True)
    lacking = sorted(k for k in told["missing_keys"] if not k.endswith("num_batches_tracked"))
    if lacking:
        raise ValueError(f"its file lacks {counted(len(lacking), 'tensor')}, as {lacking[0]}")
    return model.float()


def stored_config(transformers: Any, source: str) -> dict[str, Any]:
    """The config as the checkpoint has it; the library completes it with defaults that come and go.

    Args and Raises: as `whole_model`.
    """
    found: dict[str, Any]
    found, _ = transformers.PretrainedConfig.get_config_dict(source, local_files_only=True)
    return found


def model_hash(config: dict[str, Any]) -> str:
    """A hash of a `stored_config`: equal tensors in another model give other numbers."""
    return record_hash(_deciding(config))


def _deciding(config: Any) -> Any:
    if not isinstance(config, dict):
        return config
    return {
        name: _deciding(value)
        for name, value in config.items()
        if not (name.startswith("_") or name in _SAID_ELSEWHERE)
    }


@contextlib.contextmanager
def _quietly(transformers: Any) -> Iterator[None]:
    """Without the library's progress bars, which would cut through the run's own."""
    log = transformers.utils.logging
    shown = log.is_progress_bar_enabled()
    log.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            log.enable_progress_bar()
