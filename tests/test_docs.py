"""A setting, command, outcome or record that the docs do not name is a defect."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline import model
from pipeline.cli.main import app, feeds_app
from pipeline.config import SECTIONS, VARIABLES
from pipeline.model import FeedSpec, HostSpec, Outcome

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


@pytest.mark.parametrize("words", [[], ["feeds"], ["run"], ["extract"], ["cluster"], ["story"]], ids=" ".join)
def test_help_has_an_example(words: list[str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *words, "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "Usage:" in shown
    assert "Example:" in shown or not words or words == ["feeds"]
