"""Hashes follow from facts alone."""

import hashlib
from types import MappingProxyType

import numpy as np
import pytest

from bench.core.identity import (
    array_hash,
    checked_record,
    differing_fields,
    file_hash,
    record_hash,
    tensors_hash,
)


def test_a_record_is_hashed_as_canonical_json() -> None:
    expected = hashlib.sha256('{"a":[1,2],"b":"ü"}'.encode()).hexdigest()
    assert record_hash({"b": "ü", "a": [1, 2]}) == expected


def test_a_record_with_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        record_hash({"a": float("nan")})


def test_a_read_only_mapping_can_be_part_of_a_record_once_it_is_checked() -> None:
    checked = checked_record(MappingProxyType({"a": 1}))
    assert record_hash({"part": checked}) == record_hash({"part": {"a": 1}})


def test_tensors_count_by_name_type_shape_and_value() -> None:
    a, b = np.arange(6, dtype=np.float32), np.ones(2, np.float32)
    base = tensors_hash([("a", a), ("b", b)])
    assert tensors_hash([("b", b), ("a", a)]) == base
    assert tensors_hash([("a", a.reshape(2, 3)), ("b", b)]) != base
    assert tensors_hash([("a", a.astype(np.float64)), ("b", b)]) != base
    assert tensors_hash([("a", a), ("c", b)]) != base
    assert tensors_hash([("a", a)]) != base


def test_memory_order_and_byte_order_do_not_count() -> None:
    plain = np.arange(6, dtype="<i4").reshape(2, 3)
    assert array_hash(np.asfortranarray(plain)) == array_hash(plain)
    assert array_hash(plain.astype(">i4")) == array_hash(plain)


def test_a_file_is_hashed_by_its_bytes(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert file_hash(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_differing_fields_are_told_by_path() -> None:
    left = {"size": [64, 64], "metric": {"name": "fid", "resize": "bilinear"}}
    right = {"size": [64, 64], "metric": {"name": "fid", "resize": "bicubic"}, "seed": 1}
    assert differing_fields(left, right) == [
        'metric.resize: "bilinear" against "bicubic"',
        "seed: not set against 1",
    ]


def test_of_a_hash_a_sentence_has_the_beginning() -> None:
    assert differing_fields({"a": "0f" * 32}, {"a": "1e" * 32}) == [
        "a: 0f0f0f0f0f0f against 1e1e1e1e1e1e"
    ]


def test_lists_of_named_things_are_compared_by_name() -> None:
    left = {"methods": [{"name": "a", "options": {"size": 1}}, {"name": "b"}]}
    right = {"methods": [{"name": "b"}, {"name": "a", "options": {"size": 2}}]}
    assert differing_fields(left, right) == ["methods.a.options.size: 1 against 2"]
    assert differing_fields(left, {"methods": []}) == [
        "methods: set against []",
    ]
