"""A batch of articles to a Plan: their places, and the canonical texts that change because of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pipeline.match.assign import Desk, Incoming, assign
from pipeline.match.canonical import choose
from pipeline.match.fingerprint import shingles_of
from pipeline.match.withdrawal import named_story
from pipeline.model import (
    ArticleRecord,
    Assignment,
    Fingerprint,
    Head,
    Member,
    Plan,
    PlannedCopy,
    PlannedVersion,
    Relation,
    VersionKind,
)

Candidates = Mapping[int, Sequence[tuple[int, int, int]]]


def plan_batch(
    records: Sequence[ArticleRecord],
    fingerprints: Sequence[Fingerprint],
    candidates: Candidates,
    canonicals: Mapping[int, int],
    desk: Desk,
    withdrawn: Mapping[int, int] = MappingProxyType({}),
) -> Plan:
    """Place each article, in the order given, and choose again the canonical text of each story touched.

    ``candidates``: article id -> (article, story, shared bands) from the store; ``canonicals``: story -> the
    article in force; ``withdrawn``: articles that withdraw a stored story -> that story. The desk holds the members
    of all these stories, and gains those placed here.
    """
    copies: list[PlannedCopy] = []
    touched: dict[int, list[ArticleRecord]] = defaultdict(list)
    band_holders: dict[int, list[tuple[int, int]]] = defaultdict(list)
    desk.novelty.add_all(
        [(shingles_of(made), record.seen_at) for record, made in zip(records, fingerprints, strict=True)]
    )
    for record, fingerprint in zip(records, fingerprints, strict=True):
        found = _grouped(candidates.get(record.id, ()), fingerprint, band_holders)
        place = _withdrawing(record, withdrawn, desk) or assign(_incoming(record, fingerprint), found, desk)
        story = place.story_id if place.story_id is not None else -(len(copies) + 1)
        copies.append(_copy(place, story, fingerprint))
        touched[story].append(record)
        desk.members[story].append(_member(record, story, place, fingerprint))
        for key in fingerprint.bands:
            band_holders[key].append((record.id, story))
    return Plan(tuple(copies), tuple(_version(story, rows, canonicals, desk) for story, rows in touched.items()))


def _withdrawing(record: ArticleRecord, withdrawn: Mapping[int, int], desk: Desk) -> Assignment | None:
    """A withdrawal goes to the story that it names, in the store or in this batch."""
    if record.article.mark is not VersionKind.WITHDRAWAL:
        return None
    titles = {story: [member.title for member in members] for story, members in desk.members.items()}
    story = withdrawn.get(record.id) or named_story(record.article, titles)
    if story is None:
        return None
    members = desk.members[story]
    marked = [member.edition for member in members if member.mark is VersionKind.WITHDRAWAL]
    edition = min(marked, default=max((member.edition for member in members), default=0) + 1)
    return Assignment(record.id, story, Relation.UPDATE, edition, 1.0, "withdraws the story by its headline")


def _grouped(
    stored: Sequence[tuple[int, int, int]],
    fingerprint: Fingerprint,
    band_holders: Mapping[int, list[tuple[int, int]]],
) -> dict[int, list[int]]:
    """Story -> its articles that share bands, most shared first; from the store and from this batch."""
    shared = Counter({(article, story): count for article, story, count in stored})
    shared.update(holder for key in fingerprint.bands for holder in band_holders.get(key, ()))
    groups: dict[int, list[int]] = defaultdict(list)
    for (article, story), _count in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        groups[story].append(article)
    return groups


def _incoming(record: ArticleRecord, fingerprint: Fingerprint) -> Incoming:
    article = record.article
    return Incoming(record.id, record.outlet, record.seen_at, article.title, article.body, article.mark, fingerprint)


def _copy(place: Assignment, story: int, fingerprint: Fingerprint) -> PlannedCopy:
    return PlannedCopy(place.article_id, story, place.relation, place.edition, place.score, place.reason, fingerprint)


def _member(record: ArticleRecord, story: int, place: Assignment, fingerprint: Fingerprint) -> Member:
    article = record.article
    return Member(
        article_id=record.id,
        story_id=story,
        outlet=record.outlet,
        preferred=record.preferred,
        seen_at=record.seen_at,
        title=article.title,
        body=article.body,
        agency=article.agency,
        relation=place.relation,
        edition=place.edition,
        mark=article.mark,
        fingerprint=fingerprint,
    )


def chosen_again(story: int, members: Sequence[Member], head: Head) -> PlannedVersion:
    """The canonical text of a stored story whose copies have changed."""
    return PlannedVersion(story, choose(members, head.article_id), _agency(members), head.lang)


def _agency(members: Sequence[Member]) -> str:
    agencies = Counter(member.agency for member in members if member.agency)
    # Most claims win; where as many claim another, the name that comes first, so that order does not show.
    return min(agencies, key=lambda name: (-agencies[name], name), default="")


def _version(story: int, rows: Sequence[ArticleRecord], canonicals: Mapping[int, int], desk: Desk) -> PlannedVersion:
    members = desk.members[story]
    lang = next((row.article.lang for row in rows if row.article.lang), "")
    return PlannedVersion(story, choose(members, canonicals.get(story)), _agency(members), lang)
