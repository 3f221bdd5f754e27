"""One story on a terminal, and the same as JSON: text, versions, copies, whose it is, what it is tied to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from pipeline.cli.tables import OUT, escape, moment, when
from pipeline.model import Attribution, Copy, Link, LinkKind, Origin, Provenance, Story, Version

# Kind and direction of a link in words; what follows is the other story.
SAYS = {
    (LinkKind.FOLLOW_UP, True): "follows up",
    (LinkKind.FOLLOW_UP, False): "is followed up by",
    (LinkKind.DIGEST, True): "quotes, as a digest,",
    (LinkKind.DIGEST, False): "is quoted in the digest",
    (LinkKind.LIVE_BLOG, True): "quotes, as a live blog,",
    (LinkKind.LIVE_BLOG, False): "is quoted in the live blog",
    (LinkKind.DERIVED, True): "is made from",
    (LinkKind.DERIVED, False): "is a source of",
}


def copy_json(copy: Copy) -> dict[str, Any]:
    """A copy's place in its story as one record."""
    return {
        "article": copy.article_id,
        "outlet": copy.outlet,
        "url": copy.url,
        "title": copy.title,
        "published": moment(copy.published),
        "agency": copy.agency,
        "relation": copy.relation.value,
        "edition": copy.edition,
        "score": round(copy.score, 3),
        "reason": copy.reason,
        "canonical": copy.canonical,
    }


def version_json(version: Version) -> dict[str, Any]:
    """One version of a story's text as one record."""
    return {
        "number": version.number,
        "kind": version.kind.value,
        "article": version.article_id,
        "title": version.title,
        "body": list(version.body),
        "support": list(version.support),
        "reason": version.reason,
        "created": version.created_at.isoformat(),
    }


def _supported(version: Version) -> Iterator[tuple[str, int]]:
    """Paragraphs with the number of outlets that carry them; 0 where a version does not say."""
    untold = [0] * (len(version.body) - len(version.support))
    return zip(version.body, [*version.support, *untold], strict=True)


def story(
    head: Story,
    versions: Sequence[Version],
    copies: Sequence[Copy],
    added: Mapping[int, Sequence[str]],
    about: Provenance,
) -> None:
    """One story: its text in force, with the outlets that carry each paragraph; its versions; its copies, with what
    each adds; whose it is, and what it is tied to."""
    OUT.print(f"[bold]{escape(versions[-1].title if versions else head.title)}[/]", soft_wrap=True)
    OUT.print(f"story {head.id}, {head.agency or 'no agency named'}, first seen {when(head.first_seen)} UTC\n")
    for paragraph, carried in _supported(versions[-1]) if versions else ():
        OUT.print(f"{escape(paragraph)} [dim]×{carried}[/]\n" if carried else escape(paragraph) + "\n", soft_wrap=True)
    for version in versions:
        OUT.print(f"version {version.number} ({version.kind.value}): {escape(version.reason)}", soft_wrap=True)
    table = Table(title=f"{len(copies)} copies", title_justify="left")
    for name in ("Outlet", "Published", "Relation", "Why", "Address"):
        table.add_column(name, overflow="fold")
    for copy in copies:
        name = f"[bold]{escape(copy.outlet)}[/] (canonical)" if copy.canonical else escape(copy.outlet)
        published = copy.published.value.isoformat(timespec="minutes") if copy.published else "unknown"
        table.add_row(name, published, copy.relation.value, escape(copy.reason), escape(copy.url))
    OUT.print(table)
    for copy in copies:
        for text in added.get(copy.article_id, ()):
            OUT.print(f"[dim]added by[/] {escape(copy.outlet)}: {escape(text)}", soft_wrap=True)
    _provenance(about)


def _provenance(about: Provenance) -> None:
    whose = about.attribution
    name = f"{whose.agency}, confidence {whose.confidence:.2f}" if whose.agency else "nobody's by name"
    OUT.print(f"attribution: {escape(name)} ({escape(whose.reason)})", soft_wrap=True)
    for claim in whose.claims:
        said = ", ".join(one.value for one in claim.evidence)
        OUT.print(f"  {escape(claim.agency)}: {claim.copies} copies of {claim.outlets} outlets, by {said}")
    OUT.print(f"origins: {escape(origins_said(about.origins))}", soft_wrap=True)
    for link in about.links:
        OUT.print(
            f"{SAYS[link.kind, link.outgoing]} {escape(_other(link))} [dim]({escape(link.reason)})[/]", soft_wrap=True
        )


def _other(link: Link) -> str:
    where = f"story {link.story_id}" if link.story_id else f"{link.outlet}, {link.url}"
    return f"{where}: {link.title}"


def origins_said(origins: Sequence[Origin]) -> str:
    """How many texts a story's words come from: outlets that copy one text are no sources of their own."""
    if len(origins) == 1:
        return "one text: its copies are no independent sources"
    agencies = {one.agency for one in origins if one.agency}
    named = f", of {len(agencies)} agenc{'y' if len(agencies) == 1 else 'ies'}" if agencies else ""
    return f"{len(origins)} texts that it is made from{named}"


def provenance_json(about: Provenance) -> dict[str, Any]:
    """Attribution, origins and links as part of a story's record."""
    return {
        "attribution": attribution_json(about.attribution),
        "origins": {
            "count": len(about.origins),
            "agencies": sorted({one.agency for one in about.origins if one.agency}),
            "stories": [{"story": one.story_id, "agency": one.agency} for one in about.origins],
            "reason": origins_said(about.origins),
        },
        "links": [link_json(link) for link in about.links],
    }


def attribution_json(found: Attribution) -> dict[str, Any]:
    """Who filed a story, with every claim."""
    return {
        "agency": found.agency,
        "confidence": found.confidence,
        "reason": found.reason,
        "claims": [
            {
                "agency": claim.agency,
                "copies": claim.copies,
                "outlets": claim.outlets,
                "evidence": [one.value for one in claim.evidence],
            }
            for claim in found.claims
        ],
    }


def link_json(link: Link) -> dict[str, Any]:
    """One link as seen from a story."""
    return {
        "kind": link.kind.value,
        "outgoing": link.outgoing,
        "story": link.story_id,
        "title": link.title,
        "score": round(link.score, 3),
        "reason": link.reason,
        "copies": link.copies,
        "article": link.article_id,
        "outlet": link.outlet,
        "url": link.url,
    }
