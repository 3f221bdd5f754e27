"""The code's shape: no name that says nothing, no long file, short functions, no import cycle (``bench.names``)."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

from bench.names import FOLDERS, MEDIAN_LINES, MOST_LINES, bare_names, function_lengths, import_cycles, sources

TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources(list(FOLDERS))}
TEST_TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources(["tests"])}


@pytest.mark.parametrize("path", TREES, ids=str)
def test_every_name_says_what_it_names(path: Path) -> None:
    assert [f"{name.path}:{name.line}: {name.name}" for name in bare_names(path, TREES[path])] == []


def test_names_in_tests_say_what_they_name() -> None:
    names = [name for path, tree in TEST_TREES.items() for name in bare_names(path, tree)]
    assert [f"{name.path}:{name.line}: {name.name}" for name in names] == []


def test_files_are_short() -> None:
    assert [path for path in TREES if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES] == []


def test_functions_are_short() -> None:
    assert statistics.median(length for tree in TREES.values() for length in function_lengths(tree)) <= MEDIAN_LINES


def test_no_modules_import_one_another() -> None:
    assert import_cycles(TREES) == []


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("found = 1", ["found"]),
        ("def _named(one: int) -> None: ...", ["_named", "one"]),
        ("for other in pages: ...", ["other"]),
        ("class _Told: ...", ["_Told"]),
        ("stored_shingles = other_pages = 1", []),
    ],
)
def test_a_bare_word_is_counted(code: str, names: list[str]) -> None:
    assert [name.name for name in bare_names(Path("a.py"), ast.parse(code))] == names
