"""`import siebench`: the public API, imported when it is used."""

import subprocess
import sys

import pytest

import siebench


@pytest.mark.parametrize("name", siebench.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(siebench, name)
    assert name == "__version__" or found.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        siebench.nothing  # noqa: B018


def test_the_import_is_light() -> None:
    heavy = ["torch", "pandas", "numpy", "pydantic", "yaml"]
    code = f"import sys, siebench; print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_scoring_twice_in_one_process_works(tmp_path) -> None:
    """The function was once hidden by the module of its name after the first call."""
    import numpy as np
    from PIL import Image

    for side, level in (("real", 100), ("fake", 110)):
        (tmp_path / side).mkdir()
        image = np.full((16, 16, 3), level, np.uint8)
        Image.fromarray(image).save(tmp_path / side / "a.png")
    for _ in range(2):
        scores = siebench.score_folders(tmp_path / "real", tmp_path / "fake", metrics=["l1"])
        assert scores[0].value == 10


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "siebench", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == siebench.__version__
