"""Every public record: its fields stand in docs/records.md, in their order, and it is JSON as it is."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import records, words
from pipeline.cli.story import story_lines
from pipeline.model import (
    ChangeKind,
    EntryStatus,
    Evidence,
    LinkKind,
    Outcome,
    PageKind,
    PairAnswer,
    QuestionKind,
    Relation,
    VersionKind,
)
from tests.cli.samples import RECORDS, whole_story

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "records.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in DOCS.split("\n## ")[1:]}
WORDS = {
    Outcome: words.OUTCOMES, Relation: words.RELATIONS, VersionKind: words.VERSIONS, PageKind: words.KINDS,
    ChangeKind: words.CHANGES, Evidence: words.EVIDENCE, QuestionKind: words.QUESTIONS, PairAnswer: words.ANSWERS,
    EntryStatus: words.ENTRY_STATUSES,
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_the_docs_list_the_fields_of(name: str) -> None:
    assert re.findall(r"^\| `(\w+)` \|", SECTIONS[name], re.M) == list(RECORDS[name])


def test_the_docs_list_no_other_records() -> None:
    assert set(SECTIONS) == set(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_it_is_json_as_it_is(name: str) -> None:
    assert json.loads(json.dumps(RECORDS[name])) == RECORDS[name]


def test_secrets_of_subscriptions_are_in_no_record() -> None:
    assert not {"token", "secret"} & set(json.dumps(RECORDS["subscription"]).split('"'))


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_each_has_a_word(kind: type) -> None:
    assert set(WORDS[kind]) == set(kind)
    assert all(WORDS[kind].values())


def test_each_link_has_a_word_for_either_direction() -> None:
    assert set(words.LINKS) == {(kind, outgoing) for kind in LinkKind for outgoing in (True, False)}


def test_every_function_of_the_module_makes_a_record() -> None:
    public = [
        name
        for name, f in vars(records).items()
        if inspect.isfunction(f) and f.__module__ == records.__name__ and not name.startswith("_")
    ]
    assert [name for name in public if not name.endswith("_record")] == []


@pytest.mark.parametrize("withdrawn", [True, False])
def test_each_text_of_a_withdrawn_story_says_so(withdrawn: bool) -> None:
    parts = whole_story("x")
    story = parts._replace(head=replace(parts.head, withdrawn=withdrawn))
    record = records.whole_story_record(*story)
    assert {text["withdrawn"] for text in record["versions"] + record["copies_list"]} == {withdrawn}
    lines = [str(line) for line in story_lines(story)]
    assert any("has withdrawn this story" in line for line in lines) is withdrawn


def test_the_docs_list_every_kind_of_change() -> None:
    assert set(re.findall(r"^\| `(\w+-\w+)` \|", SECTIONS["change"], re.M)) == set(ChangeKind)
