"""Edited pages: what a page that was fetched again says differently, and its copy's place in the story afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Article, Fingerprint, Member, Relation, VersionKind
from pipeline.text.normalize import fold

RETRACTIONS = (VersionKind.CORRECTION, VersionKind.WITHDRAWAL)


@dataclass(frozen=True, slots=True)
class EditedPlace:
    """The relation and edition of a copy after its page was edited, with the reason."""

    relation: Relation
    edition: int
    reason: str


def describe_edit(old: Article, new: Article) -> str:
    """Return in words how the new article differs from the old one; '' where it does not.

    Text that only moved between body and spans is no edit: the outlet's template was learned in the meantime.
    """
    if old.mark is not new.mark:
        return f"marked as {new.mark.value}"
    if fold(old.title) != fold(new.title):
        return "another title"
    if old.fingerprint or new.fingerprint:
        return _fingerprint_edit(old.fingerprint, new.fingerprint)
    added, removed = _count_missing(new, old), _count_missing(old, new)
    return f"{added} paragraphs new, {removed} gone" if added or removed else ""


def _fingerprint_edit(old: Fingerprint | None, new: Fingerprint | None) -> str:
    if old is None or new is None:
        return "withheld now" if new else "no longer withheld"
    return "" if old.shingles == new.shingles else "another text, which is withheld"


def _count_missing(article: Article, reference: Article) -> int:
    """Return how many paragraphs of ``article`` stand neither in the body nor in the spans of ``reference``."""
    reference_text = "\n".join(fold(text) for text in (*reference.body, *(span.text for span in reference.spans)))
    return sum(fold(paragraph) not in reference_text for paragraph in article.body)


def place_edited_copy(edited: Member, mark: VersionKind, members: Sequence[Member]) -> EditedPlace:
    """Return the copy's place after its page was edited.

    A correction or withdrawal opens the next edition, and so does an edit of the only copy of the newest text. Any
    other copy keeps its place, so that one outlet's edit does not outweigh what the others carry. ``members`` are the
    story's copies, ``edited`` among them; ``mark`` is the page's mark now.
    """
    newest = max(member.edition for member in members)
    if mark in RETRACTIONS and mark is not edited.mark:
        marked = [member for member in members if member.mark is mark and member.article_id != edited.article_id]
        edition = max((member.edition for member in marked), default=newest + 1)
        return EditedPlace(Relation.UPDATE, edition, f"its page became a {mark.value}")
    is_only_copy = sum(member.edition == newest for member in members) == 1
    if edited.edition == newest and is_only_copy:
        return EditedPlace(Relation.UPDATE, newest + 1, "its page was edited")
    return EditedPlace(edited.relation, edited.edition, "its page was edited, other outlets carry the text as it was")
