"""One story on a terminal: text, versions, copies, whose it is, what it is linked to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from pipeline import words
from pipeline.cli.terminal import grid, joined, minutes, plain, stacked
from pipeline.model import Copy, Link, Provenance, Version, WholeStory


def story_lines(story: WholeStory) -> Iterator[Text | Table]:
    """Yield all that is shown of a story, in order."""
    yield from _head_lines(story)
    for version in story.versions:
        yield plain(f"version {version.number} ({version.kind.value}): {version.reason}")
    yield copies_table(story.copies)
    for copy in story.copies:
        for paragraph in story.additions.get(copy.article_id, ()):
            yield joined(plain("added by", "dim"), f" {copy.outlet}: {paragraph}")
    yield from provenance_lines(story.provenance)


def _head_lines(story: WholeStory) -> Iterator[Text]:
    head, current = story.head, story.versions[-1] if story.versions else None
    yield plain(current.title if current else head.title, "bold")
    yield plain(f"story {head.id}, {head.agency or 'no agency named'}, first seen {minutes(head.first_seen)} UTC")
    if head.withdrawn:
        yield plain("The agency has withdrawn this story: do not use its text.", "bold")
    for paragraph, outlets in _supported_paragraphs(current, head.support) if current else ():
        yield Text()
        yield joined(paragraph, plain(f" ×{outlets}" if outlets else "", "dim"))
    yield Text()


def _supported_paragraphs(version: Version, support: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Paragraphs with the number of outlets that carry them; 0 where the story does not say."""
    silent = [0] * (len(version.body) - len(support))
    return zip(version.body, [*support, *silent], strict=True)


def copies_table(copies: Sequence[Copy]) -> Table:
    """Return a story's copies."""
    rows = [(_published(copy), copy.relation.value, _copy_cell(copy)) for copy in copies]
    return grid(words.plural(len(rows), "copy", "copies"), ("Published!", "Relation!", "Outlet, why, address"), rows)


def _copy_cell(copy: Copy) -> Text:
    canonical = " (canonical)" if copy.canonical else ""
    return stacked(joined(plain(copy.outlet, "bold"), canonical), copy.reason, plain(copy.url, "dim"))


def _published(copy: Copy) -> str:
    return copy.published.value.isoformat(timespec="minutes") if copy.published else "unknown"


def provenance_lines(provenance: Provenance) -> Iterator[Text]:
    """Yield whose a story is, how many texts it comes from, and its links."""
    attribution = provenance.attribution
    agency = f"{attribution.agency}, confidence {attribution.confidence:.2f}" if attribution.agency else "no agency"
    yield plain(f"attribution: {agency} ({attribution.reason})")
    for claim in attribution.claims:
        evidence = ", ".join(words.EVIDENCE[kind] for kind in claim.evidence)
        yield plain(f"  {claim.agency}: {claim.copies} copies of {claim.outlets} outlets, by {evidence}")
    yield plain(f"origins: {words.origins_reason(provenance.origins)}")
    for link in provenance.links:
        relation = words.tie(link)
        linked = f"{relation[0].lower()}{relation[1:]} {_link_target(link)}"
        yield joined(linked, plain(f" ({link.reason})", "dim"))


def _link_target(link: Link) -> str:
    target = f"story {link.story_id}" if link.story_id else f"{link.outlet}, {link.url}"
    return f"{target}: {link.title}"
