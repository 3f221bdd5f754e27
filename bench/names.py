"""Shape and language of the code: names that say nothing, sizes, import cycles; ``python -m bench.names [PATH ...]``.

A name made of a pronoun, numeral, participle or particle alone costs the reader a look-up each time. Prints each such
name with its place, then the sizes; exits 1 where a limit is passed.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("pipeline", "dags", "plugins", "newsstand", "bench")
WORDS = frozenset(
    """
    one ones other others each own found told said held kept known named taken made of by with has what who whom whose
    which it its this that these those them they he she his her two both every some any none whole here there where when
    how why given shown seen read_ done gone come came went put got let led left meant heard asked brought thing things
    stuff something anything apart again also just
    """.split()  # noqa: SIM905 - a list of words is read as words
)
MOST_LINES = 450
MEDIAN_LINES = 7


class Name(NamedTuple):
    """A name that is one of the WORDS, and where it is given."""

    path: Path
    line: int
    name: str


def sources(paths: list[str]) -> list[Path]:
    """The Python files below these paths, migrations left out."""
    files = {file for path in paths for file in ([Path(path)] if path.endswith(".py") else Path(path).rglob("*.py"))}
    return sorted(file for file in files if "migrations" not in file.parts)


def bare_names(path: Path, tree: ast.Module) -> Iterator[Name]:
    """Names of functions, classes, arguments and variables that are one word of WORDS, underscores put aside."""
    for node in ast.walk(tree):
        for name, line in _given_names(node):
            if name.strip("_").lower() in WORDS:
                yield Name(path, line, name)


def _given_names(node: ast.AST) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, node.lineno
    elif isinstance(node, ast.arg):
        yield node.arg, node.lineno
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, node.lineno
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr, node.lineno


def function_lengths(tree: ast.Module) -> list[int]:
    """Lines of each function, its docstring left out."""
    return [_code_lines(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    documented = ast.get_docstring(node) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def import_cycles(trees: dict[Path, ast.Module]) -> list[tuple[str, ...]]:
    """Groups of modules that import one another at the top level."""
    modules = {_module(path): tree for path, tree in trees.items()}
    graph = {name: sorted(_imports(tree) & modules.keys() - {name}) for name, tree in modules.items()}
    return [group for group in _components(graph) if len(group) > 1]


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _components(graph: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """Strongly connected components: modules that reach one another."""
    reached = {name: _reachable(graph, name) for name in graph}
    groups = {tuple(sorted(m for m in reached[name] if name in reached[m])) for name in graph}
    return sorted(group for group in groups if group)


def _reachable(graph: dict[str, list[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph[name])
    return reached


def main(paths: list[str]) -> int:
    """Print what was counted; 1 where a limit is passed."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources(paths or list(FOLDERS))}
    names = [name for path, tree in trees.items() for name in bare_names(path, tree)]
    for name in names:
        print(f"{name.path}:{name.line}: {name.name}")
    long = [path for path in trees if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES]
    lengths = [length for tree in trees.values() for length in function_lengths(tree)]
    median = statistics.median(lengths or [0])
    cycles = import_cycles(trees)
    print(f"{len(names)} bare names, {len(lengths)} functions, median {median:g} lines, longest {max(lengths or [0])}")
    print(f"over {MOST_LINES} lines: {', '.join(map(str, long)) or 'none'}; cycles: {cycles or 'none'}")
    return int(bool(names or long or cycles or median > MEDIAN_LINES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
