"""Names become file names that cannot leave their folder or meet each other."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # a dependency of rich

from bench.core.text import counted, markdown_text, portable, slug, without_folders


def test_a_safe_name_stays_as_it_is() -> None:
    assert slug("frankfurt_000000_000294_l.v2-a") == "frankfurt_000000_000294_l.v2-a"


def test_names_that_differ_only_in_unsafe_characters_stay_apart() -> None:
    assert slug("w/o prog") != slug("w\\o prog")


@given(st.text())
def test_every_name_becomes_one_plain_file_name(name: str) -> None:
    made = slug(name)
    assert made not in {"", ".", ".."}
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert len(made) <= 120


def test_a_count_has_its_noun_in_the_right_number() -> None:
    assert [counted(n, "edit") for n in (0, 1, 2)] == ["0 edits", "1 edit", "2 edits"]


@pytest.mark.parametrize(
    "text",
    [
        "ours|<b>*",
        "~~ours~~ and `ours` & _ours_",
        "![ours](https://a.example) \\",
        "# ours #",
        "+ ours",
        "- ours",
        "---",
        "===",
        "1. ours",
        "2) ours",
    ],
)
@pytest.mark.parametrize("before", ["", "- ", "# ", "ours before\n"])
def test_no_name_is_markup(text: str, before: str) -> None:
    """Judged by markdown-it, which reads GitHub's tables and strikes too."""
    reader = MarkdownIt("gfm-like", {"linkify": False})
    (cell,) = (
        token.children
        for token in reader.parse(f"| a |\n| - |\n| {markdown_text(text)} |\n")
        if token.type == "inline" and token.level == 4 and token.map == [2, 3]
    )
    inline = reader.parse(before + markdown_text(text))
    for children in (cell, [t for t in inline if t.type == "inline"][-1].children):
        assert {child.type for child in children} <= {"text", "softbreak", "text_special"}
        assert "".join(child.content for child in children).endswith(text)
    plain = reader.parse(f"{before}ours")
    assert [token.type for token in inline] == [token.type for token in plain]


def test_numbers_and_brackets_need_no_signs_before_them() -> None:
    assert markdown_text("-1.11 (worse), +0.5") == "-1.11 (worse), +0.5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the weights lie at /home/ada/nets/a.pth.", "the weights lie at …/a.pth."),
        ("FileNotFoundError: '/srv/data/x y'", "FileNotFoundError: '…/x y'"),
        ('File "/opt/ours/edit.py", line 3', 'File "…/edit.py", line 3'),
        ("~/nets/a.pth: is damaged", "…/a.pth: is damaged"),
        (r"C:\Users\ada\a.pth, at C:/nets/b.pth", "…/a.pth, at …/b.pth"),
        ("path=/data/nets/", "path=…/"),
        ("No such file: '/srv/my data/set one/a b.pth'", "No such file: '…/a b.pth'"),
        ('File "/opt/our code/edit.py", line 3', 'File "…/edit.py", line 3'),
    ],
)
def test_an_absolute_path_is_cut_to_its_last_part(text: str, expected: str) -> None:
    assert without_folders(text) == expected
    assert without_folders(expected) == expected


def test_a_folder_that_is_there_is_cut_whole_whatever_is_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "my data" / "set: one, (old)"
    folder.mkdir(parents=True)
    for end in ("a b.png", "not there/a.png"):
        assert without_folders(f"{folder}/{end}: is damaged") in (
            f"…/{end}: is damaged",
            "…/a.png: is damaged",
        )
    assert without_folders(f"from {folder}/a.png to {folder}/b.png") == "from …/a.png to …/b.png"
    assert without_folders(f"{folder}: holds nothing") == "…/set: one, (old): holds nothing"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("runs/demo", "runs/demo"),
        ("/srv/ada/runs/demo", "demo"),
        ("../other/runs/demo", "demo"),
        ("/srv/ada/base.json", "base.json"),
    ],
)
def test_a_path_that_leads_down_from_here_stays_and_of_another_its_name(
    path: str, expected: str
) -> None:
    assert portable(path) == expected
    assert portable(Path(path)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "takes them from https://example.org/nets/a.pth",
        "rooms / freeform: 3 of 4 / 5",
        "</script><b>not/a/path</b> 1/2/3 and/or",
        "weights/a.pth is not here",
    ],
)
def test_addresses_and_relative_names_stay(text: str) -> None:
    assert without_folders(text) == text
