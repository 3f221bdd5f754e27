"""What a page that was looked at again says otherwise, and where that leaves its copy in the story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Article, Fingerprint, Member, Relation, VersionKind
from pipeline.text.normalize import fold

TAKES_BACK = (VersionKind.CORRECTION, VersionKind.WITHDRAWAL)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a copy in its story after its page was edited."""

    relation: Relation
    edition: int
    reason: str


def describe_edit(old: Article, new: Article) -> str:
    """What the page says otherwise than before, for a person; '' where it says the same.

    Text that only moved between body and spans is no edit: the outlet's template was learned meanwhile.
    """
    if old.mark is not new.mark:
        return f"marked as {new.mark.value}"
    if fold(old.title) != fold(new.title):
        return "another title"
    if old.fingerprint or new.fingerprint:
        return _by_fingerprint(old.fingerprint, new.fingerprint)
    added, gone = _missing(new, old), _missing(old, new)
    return f"{added} paragraphs new, {gone} gone" if added or gone else ""


def _by_fingerprint(old: Fingerprint | None, new: Fingerprint | None) -> str:
    if old is None or new is None:
        return "withheld now" if new else "no longer withheld"
    return "" if old.shingles == new.shingles else "another text, which is withheld"


def _missing(these: Article, those: Article) -> int:
    """Paragraphs of one article that the other has nowhere, neither as text nor as what was taken off."""
    there = "\n".join(fold(text) for text in (*those.body, *(span.text for span in those.spans)))
    return sum(fold(paragraph) not in there for paragraph in these.body)


def place_edited_copy(edited: Member, mark: VersionKind, members: Sequence[Member]) -> Place:
    """A correction or withdrawal, and an edit of the only copy of the newest text, open the next edition; else the
    copy keeps its own, so that one outlet's edit does not outweigh what the others carry.

    ``members`` are the story's copies, ``edited`` among them; ``mark`` is what the page says now.
    """
    newest = max(member.edition for member in members)
    told = [member.edition for member in members if member.mark is mark and member.article_id != edited.article_id]
    if mark in TAKES_BACK and mark is not edited.mark:
        return Place(Relation.UPDATE, max(told, default=newest + 1), f"its page became a {mark.value}")
    alone = sum(member.edition == newest for member in members) == 1
    if edited.edition == newest and alone:
        return Place(Relation.UPDATE, newest + 1, "its page was edited")
    return Place(edited.relation, edited.edition, "its page was edited, other outlets carry the text as it was")
