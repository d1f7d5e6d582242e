"""Documents from anywhere: plain values, or one sentence with file and line."""

import json
import math
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.core.documents import DEPTH, parse_json, parse_yaml, read_json, read_text, read_yaml
from bench.core.errors import BadInput, number_hint

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=12,
)


@given(PLAIN)
def test_json_is_read_as_the_standard_library_writes_it(value):
    assert parse_json(json.dumps(value), "a.json") == value


@given(PLAIN)
def test_yaml_is_read_as_pyyaml_writes_it(value):
    assert parse_yaml(yaml.safe_dump(value), "a.yaml") == value


@pytest.mark.parametrize("text", ["1e-3", "1E5", "-2e+3", "1.5e3", "1.55e1", "1e20"])
def test_a_number_that_yaml_reads_as_text_is_told_in_a_spelling_that_it_reads_as_a_number(text):
    assert parse_yaml(text, "a.yaml") == text
    written = number_hint(text).rpartition(" ")[2]
    assert parse_yaml(written, "a.yaml") == float(text)


@pytest.mark.parametrize("value", ["wide", "1e", "e3", "0x1e3", "1e-3.pth", 1e-3, None])
def test_nothing_is_said_of_any_other_value(value):
    assert number_hint(value) == ""


def test_aliases_and_merged_mappings_are_written_out():
    text = "a: &a {x: 1, y: [2, 3]}\nb: *a\nc: {<<: *a, x: 4}\n"
    inner = {"x": 1, "y": [2, 3]}
    assert parse_yaml(text, "a.yaml") == {"a": inner, "b": inner, "c": {"x": 4, "y": [2, 3]}}


def test_dates_stay_text_even_impossible_ones():
    assert parse_yaml("[2024-02-30, 2024-01-01]", "a.yaml") == ["2024-02-30", "2024-01-01"]


LAUGHS = "\n".join(
    f"l{k}: &l{k} [{', '.join([f'*l{k - 1}'] * 9) if k else 'lol'}]" for k in range(9)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &a [*a]", "line 1: the anchor 'a' refers to itself"),
        ("x: 1\na: &a {b: {c: *a}}", "line 2: the anchor 'a' refers to itself"),
        (LAUGHS, "line 6: its aliases write out to more than 100,000 values"),
        ("a: 1\nb: " + "[" * 5000 + "]" * 5000, "line 2: is nested more than 64 levels deep"),
        ("\n".join(" " * k + "a:" for k in range(200)), "is nested more than 64 levels deep"),
        ("a: 1\nb: 2\na: 3", "line 3: the field 'a' is given twice"),
        ("a: 1\nb: " + "9" * 5000, "line 2: a number of 5,000 characters is too long"),
        ("a: .inf", "line 1: .inf is not a finite number"),
        ("a: .nan", "line 1: .nan is not a finite number"),
        ("a: !!python/object:os.system x", "the tag !!python/object:os.system is not allowed"),
        ("a: !mine x", "the tag !mine is not allowed"),
        ("a: !!int word", "line 1: 'word' is no int"),
        ("a: !!float word", "line 1: 'word' is no float"),
        ("a: !!bool word", "line 1: 'word' is no bool"),
        ("a: !!timestamp 2024-01-01", "the tag !!timestamp is not allowed"),
        ("a: !!set {b, c}", "the tag !!set is not allowed"),
        ("? [1, 2]\n: 3", "line 1: found unhashable key"),
        ("a: 1\nb: \0", "line 2: holds a control character"),
        ('a: "\\0"', "holds a NUL character"),
        ('a: "\\ud800"', "holds half of a surrogate pair"),
        ("a: *b", "line 1: found undefined alias"),
        ("a: [1\nb: 2", "line 2: "),
        ("a: 1\n---\nb: 2", "line 2: "),
    ],
)
def test_yaml_that_cannot_be_taken_is_one_sentence_with_its_line(text, says):
    with pytest.raises(BadInput) as caught:
        parse_yaml(text, "mine.yaml")
    assert str(caught.value).startswith("mine.yaml")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1,\n2", "a.json, line 2: is no JSON"),
        ("", "a.json, line 1: is no JSON"),
        ("[" * 100_000 + "]" * 100_000, "a.json: is nested more than 64 levels deep"),
        ("[" * 100 + "]" * 100, "a.json: is nested more than 64 levels deep"),
        ('{"a": ' * 100 + "1" + "}" * 100, "a.json: is nested more than 64 levels deep"),
        ("[" + "9" * 5000 + "]", "a number of 5,000 characters is too long"),
        ("[NaN]", "NaN is not a finite number"),
        ("[-Infinity]", "-Infinity is not a finite number"),
        ("[1e999]", "1e999 is not a finite number"),
        ('{"b": {"a": 1},\n"a": "a",\n"a": 2}', "a.json, line 3: the field 'a' is given twice"),
        ('["a\\u0000b"]', "holds a NUL character"),
        ('{"\\ud800": 1}', "holds half of a surrogate pair"),
    ],
)
def test_json_that_cannot_be_taken_is_one_sentence(text, says):
    with pytest.raises(BadInput) as caught:
        parse_json(text, "a.json")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_surrogate_pairs_are_text():
    assert parse_json('"\\ud83d\\ude00"', "a.json") == "\N{GRINNING FACE}"


def test_the_deepest_nesting_that_is_allowed():
    text = "[" * DEPTH + "1" + "]" * DEPTH
    assert parse_json(text, "a.json") is not None
    assert parse_yaml(text[1:-1], "a.yaml") is not None


def test_numbers_are_finite_and_exact():
    assert parse_json("[1e308, 5e-324, 0.1]", "a.json") == [1e308, math.ulp(0.0), 0.1]
    assert parse_json(str(10**300), "a.json") == 10**300


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_a_byte_order_mark_is_passed_over(tmp_path, read):
    file = tmp_path / "a.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read(file) == {"a": 1}


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "latin").write_bytes(b"a: 1\nb: caf\xe9\n")
    (tmp_path / "large").write_bytes(b"#" * 2_000_000)
    os.mkfifo(tmp_path / "pipe")
    for name, says in (
        ("gone", "there is no such file"),
        ("", "is a folder"),
        ("pipe", "is a pipe or a device"),
        ("latin", "line 2: is not UTF-8"),
        ("large", "has 2,000,000 bytes; a file of this kind has at most 1,048,576"),
        ("n" * 5000, "cannot be read (File name too long)"),
        ("a\0b", "holds a NUL character"),
    ):
        with pytest.raises(BadInput) as caught:
            read_yaml(tmp_path / name)
        assert says in str(caught.value)
        assert len(str(caught.value)) < 500


def test_text_is_read_up_to_its_limit(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("line\n")
    assert read_text(file, 5) == "line\n"
    with pytest.raises(BadInput, match="at most 4"):
        read_text(file, 4)


ELSEWHERE = {
    "bench/core/documents.py": "is the reader",
    "baselines/external/lines.py": "one line of a program, of bounded length",
    "baselines/training/checkpoint.py": "a record of its own, as JSON gives it back",
    "bench/run/carried_out.py": "a record of its own, as JSON gives it back",
    "bench/suite/conformance.py": "a record of its own, as JSON gives it back",
    "masks/packs/manifest.py": "masks/ stands alone; bounded in place",
}


def test_no_other_module_reads_yaml_or_json():
    reading = re.compile(r"yaml\.(safe_|full_)?load|json\.loads?\(|model_validate_json\(")
    root = Path(__file__).parents[3]
    found = {
        path.relative_to(root).as_posix()
        for package in ("bench", "baselines", "masks", "reports", "siebench")
        for path in (root / package).rglob("*.py")
        if reading.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(ELSEWHERE)
