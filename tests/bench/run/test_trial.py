"""What one method's edits take is measured in a small run of its own."""

from __future__ import annotations

import re

import pytest

from bench.core.errors import BadInput
from bench.run.trial import measure_costs


def costs(editor: str, **options):
    return measure_costs(
        editor, options, dataset="procedural-rooms", path=None, size=32, device="cpu", trust=False
    )


def test_a_method_without_a_network_has_a_time_and_no_parameters() -> None:
    found = costs("mean-colour")
    assert float(found["milliseconds (median)"]) > 0
    assert re.fullmatch(r"[\d.]+ MiB", found["peak memory"])
    assert found["parameters"] == "none"


def test_a_method_that_fails_is_an_error_with_its_reason(tmp_path) -> None:
    (tmp_path / "test-000000.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match="editor 'folder': "):
        costs("folder", path=str(tmp_path))
