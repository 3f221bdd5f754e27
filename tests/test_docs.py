"""A setting, command, outcome or record that the docs do not name is a defect."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import log, model
from pipeline.cli.main import app, feeds_app, labels_app
from pipeline.cli.serve import tokens_app
from pipeline.config import SECTIONS, VARIABLES, MatchConfig
from pipeline.extract import shape as page_shape
from pipeline.feeds import apart
from pipeline.feeds import shape as feed_shape
from pipeline.fetch import folder
from pipeline.match import placing
from pipeline.model import FeedSpec, HostSpec, Outcome
from tests.test_layers import MAY_IMPORT

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]

SETTINGS = [f"[{name}] {field.name}" for name, kind in SECTIONS.items() for field in fields(kind)]
SETTINGS += [f"[[feed]] {field.name}" for field in fields(FeedSpec)]
SETTINGS += [f"[[host]] {field.name}" for field in fields(HostSpec)]
COMMANDS = [
    f"copydesk {command.name or command.callback.__name__.replace('_', '-')}" for command in app.registered_commands
]
COMMANDS += [f"copydesk feeds {command.name}" for command in feeds_app.registered_commands]
COMMANDS += [f"copydesk labels {command.name}" for command in labels_app.registered_commands]
COMMANDS += [f"copydesk tokens {command.name}" for command in tokens_app.registered_commands]
RECORDS = [name for name, kind in vars(model).items() if isinstance(kind, type)]


@pytest.mark.parametrize("word", [*SETTINGS, *COMMANDS, *VARIABLES, *(outcome.value for outcome in Outcome)])
def test_operations_names_it(word: str) -> None:
    assert f"`{word}`" in OPERATIONS


@pytest.mark.parametrize("record", RECORDS)
def test_the_glossary_names_each_record(record: str) -> None:
    assert f"`{record}`" in GLOSSARY


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_docs_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


HELP = [[], ["feeds"], ["labels"], ["tokens"], *(command.split()[1:] for command in COMMANDS)]


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_has_an_example(words: list[str]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"], prog_name="copydesk")
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert "Example: copydesk" in " ".join(result.output.split())


# ---------------------------------------------------------------- what the docs say, compared with the code

ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to-change-it.md").read_text(encoding="utf-8")
RECOGNISING = (DOCS / "recognising-copies.md").read_text(encoding="utf-8")
CHANGES = [section.partition("\n") for section in HOW_TO.split("\n## ")[1:]]
NAMED_FILE = re.compile(r"`((?:pipeline|dags|plugins|tests|docs)/[\w./-]*)`")

# A sentence of the docs and the figure of the code that it repeats.
FIGURES = [
    (RECOGNISING, "joins | at even odds or better: a probability of {:.1f}", MatchConfig().join),
    (RECOGNISING, "share {:.0f} % of the smaller one's shingles", 100 * placing.CONTAINMENT_FLOOR),
    (OPERATIONS, "in a child process, for at most {:.0f} seconds", apart.LIMITS.cpu),
    (OPERATIONS, "({:,} attributes on a tag or namespaces", feed_shape.MAX_ATTRIBUTES),
    (OPERATIONS, "{:,} comments", feed_shape.MAX_COMMENTS),
    (OPERATIONS, "tags {:,} deep", feed_shape.MAX_DEPTH),
    (OPERATIONS, "over {:,} attributes on a tag", page_shape.MOST_ATTRIBUTES),
    (OPERATIONS, "over {:,}\ntags", page_shape.MOST_TAGS),
    (OPERATIONS, "{} a poll, the oldest first", folder.MOST_FILES),
    (OPERATIONS, "a value ends after {:,} characters", log.MOST_LENGTH),
]


@pytest.mark.parametrize(("page", "sentence", "figure"), FIGURES, ids=[sentence for _, sentence, _ in FIGURES])
def test_a_figure_of_the_docs_is_the_codes(page: str, sentence: str, figure: float) -> None:
    assert sentence.format(figure).lstrip("0").replace(" 0.", " .") in page


def documented_default(setting: str) -> str:
    """The last cell of a setting's row."""
    row = next(line for line in OPERATIONS.splitlines() if line.startswith("| ") and f"`{setting}`" in line)
    return row.strip("| ").split(" | ")[-1]


def shown_default(value: object) -> str:
    """A default as the table of settings has it."""
    if value in ("", (), {}):
        return "none"
    if isinstance(value, tuple):
        numbers = all(isinstance(part, float) for part in value)
        return f"[{', '.join(f'{part:g}' for part in value)}]" if numbers else ", ".join(map(str, value))
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.15g}"


DEFAULTS = [
    (f"[{name}] {field.name}", getattr(kind(), field.name))
    for name, kind in SECTIONS.items()
    for field in fields(kind)
    if f"`[{name}] {field.name}`, `" not in OPERATIONS and f", `[{name}] {field.name}`" not in OPERATIONS
]


@pytest.mark.parametrize(("setting", "default"), DEFAULTS, ids=[setting for setting, _ in DEFAULTS])
def test_a_settings_default_is_the_codes(setting: str, default: object) -> None:
    words = documented_default(setting)
    assert words == shown_default(default) or (default == () and words == "[]")


def test_the_table_of_layers_is_the_tests_own() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", ARCHITECTURE, re.M)
    table = {part: set() if words == "the standard library" else set(words.split(", ")) for part, words in rows}
    assert table == MAY_IMPORT


@pytest.mark.parametrize("page", ["architecture.md", "how-to-change-it.md"])
def test_the_files_they_name_are_there(page: str) -> None:
    paths = NAMED_FILE.findall((DOCS / page).read_text(encoding="utf-8"))
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("change", CHANGES, ids=[title for title, _, _ in CHANGES])
def test_a_change_touches_three_files_at_most_and_has_its_test(change: tuple[str, str, str]) -> None:
    rows = re.findall(r"^\| `[^`]+` \|", change[2], re.M)
    assert 1 <= len(rows) <= 3
    assert re.search(r"^Test: `tests/[\w/]+\.py`", change[2], re.M)
