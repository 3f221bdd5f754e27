"""Links: what an article has of stories that it is no copy of, as background, quotation or source.

A passage is a run of words that stands in a story too. Each passage is credited to the story that had it first, so
that a story and its follow-ups do not quote one another in a ring. Links never merge stories: they say who else has a
part of a text, and how much of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from pipeline.match.alignment import align
from pipeline.match.compare import Overlap, contained
from pipeline.match.fingerprint import shingles_of
from pipeline.match.first_seen import Flags
from pipeline.match.sentences import Sentences, split_sentences, token_hashes
from pipeline.model import Claim, Evidence, LinkKind, Links, Member, PageKind, Relation, Tie
from pipeline.text.shingles import TOKEN_BYTES, WIDTH, Hashes, running_hashes

# Words in a row that make a passage, and credited words that make a link: shorter runs are names and formulas.
PASSAGE_WORDS = 12
LINK_WORDS = 20
PASSAGE_SHINGLES = PASSAGE_WORDS - WIDTH + 1
# As the bytes of flags, in which most texts are seen to have none.
SHORTEST_PASSAGE = b"\1" * PASSAGE_SHINGLES
# Copies of each story that are read, those that share most keys: what one of many outlets alone carries is its own
# related text, and no part of the story.
NEAREST_COPIES = 3
# Words of a story's beginning: a digest quotes it, and pages that share a related text do not.
OPENING_WORDS = 80
# A digest quotes the beginnings of so many stories; together they are at least so much of it, and none is more than
# so much of that.
DIGEST_STORIES = 3
DIGEST_SHARE = 0.4
DIGEST_LARGEST_SHARE = 0.6
# A text made from two stories has so much from each, and so much from both. If matching placed it in one of them, it
# must hold both nearly whole: copies that go on with another story's last paragraphs are copies.
PARENT_SHARE = 0.2
PARENTS_SHARE = 0.5
PARENT_HELD = 0.75
# A text that names agencies for inputs and has more than this of one story is a copy of it; with less than PARENT_SHARE
# of any story, it has only its background there.
COPY_SHARE = 0.75
# Jaccard of two texts made from the same that are one story.
SAME_DERIVED_JACCARD = 0.5
# A follow-up begins with so many words of its own, and so much of it is credited to nobody else.
LEAD_WORDS = 25
FOLLOW_UP_OWN_SHARE = 0.4


def _doublings(length: int) -> list[int]:
    """Return shifts by which a run of one grows to ``length``, each at most as long as it is by then."""
    shifts, reach = list[int](), 1
    while reach < length:
        shifts.append(min(reach, length - reach))
        reach += shifts[-1]
    return shifts


DOUBLINGS = _doublings(PASSAGE_SHINGLES)
Counts = np.ndarray[tuple[int], np.dtype[np.int64]]
NewSince = Callable[[Hashes, datetime], Flags]


@dataclass(frozen=True, slots=True)
class LinkableStory:
    """A story that shares keys with an article: its nearest copies, its longest, when it was first seen, how many
    outlets carry it, and whether the article was placed in it."""

    story: int
    nearest: tuple[Member, ...]
    longest: Member
    since: datetime
    outlets: int = 1
    is_home: bool = False

    @property
    def is_derived(self) -> bool:
        """Whether it is itself made from other stories."""
        return all(member.relation is Relation.DERIVED for member in self.nearest)


def linkable_stories(
    article_id: int,
    overlap: Overlap,
    candidates: Mapping[int, Sequence[int]],
    members: Mapping[int, Sequence[Member]],
    home: int | None,
) -> tuple[LinkableStory, ...]:
    """Return the stories that share enough with an article for a link, and its own.

    ``candidates``: story -> its articles, those that share most keys first; ``overlap``: the shingles that the
    article shares with others.
    """
    stories = []
    for story, ids in candidates.items():
        if story != home and not any(_may_share_passage(overlap, number) for number in ids):
            continue
        by_id = {member.article_id: member for member in members.get(story, ()) if member.article_id != article_id}
        nearest = [by_id[number] for number in ids if number in by_id][:NEAREST_COPIES]
        if nearest and (story == home or any(_shares_passage(overlap, member) for member in nearest)):
            stories.append(_linkable_story(story, nearest, list(by_id.values()), story == home))
    return tuple(stories)


def _may_share_passage(overlap: Overlap, article_id: int) -> bool:
    """Whether a text shares so many shingles with a candidate, or has not looked it up."""
    shared = overlap.with_article(article_id)
    return shared is None or shared.number > LINK_WORDS - WIDTH


def _shares_passage(overlap: Overlap, member: Member) -> bool:
    """Whether a text shares as many shingles with a member as the words of a link have."""
    return overlap.with_member(member).number > LINK_WORDS - WIDTH


def _linkable_story(story: int, nearest: Sequence[Member], members: Sequence[Member], is_home: bool) -> LinkableStory:
    longest = max(members, key=lambda member: (len(member.fingerprint.shingles), -member.article_id))
    since = min(member.seen_at for member in members)
    return LinkableStory(story, tuple(nearest), longest, since, len({member.outlet for member in members}), is_home)


def find_links(
    body: Sequence[str],
    stories: Sequence[LinkableStory],
    new_since: NewSince,
    kind: PageKind = PageKind.ARTICLE,
    claims: Sequence[Claim] = (),
    overlap: Overlap | None = None,
) -> Links:
    """Return the links of a text to stories; the order of ``stories`` does not matter.

    ``new_since(hashes, time)`` says which shingles nobody had before a time: what a story took over from elsewhere is
    not its own. ``overlap``: the shingles that the text shares with others.
    """
    foreign_stories = [story for story in stories if not story.is_home]
    if not foreign_stories:
        return Links()
    home = next((story for story in stories if story.is_home), None)
    text = _Text(body, overlap)
    quoted = _quoted_stories(text, foreign_stories)
    if not quoted:
        return Links()
    in_home = _passages(_carried_by(text, home.nearest)) if home else text.no_places()
    credits = _credit_passages(text, quoted, ~in_home)
    if kind is PageKind.LIVE_BLOG:
        return Links(_ties(credits, LinkKind.LIVE_BLOG))
    if credits and home:
        credits.append(_Credit(text, home, in_home, _words_credited(text, credits)))
    if _is_digest(credits):
        return Links(_ties(credits, LinkKind.DIGEST), True, _same_derived_story(text, foreign_stories))
    if _is_derived(credits) or _is_from_inputs(claims, credits):
        return Links(_ties(credits, LinkKind.DERIVED), True, _same_derived_story(text, foreign_stories))
    # Of a copy, background is what its story's other copies carry too: what one outlet alone carries is related text.
    background = _credit_passages(text, quoted, in_home if home else ~in_home, new_since)
    return Links(_ties(_followed_stories(background, bool(home)), LinkKind.FOLLOW_UP))


class _Text:
    """An article's shingles in the order of its words, and the distinct ones, sorted."""

    def __init__(self, body: Sequence[str], overlap: Overlap | None) -> None:
        self.body = body
        hashes = token_hashes(body)
        self.length = len(hashes) // TOKEN_BYTES
        self.shingles = running_hashes(hashes)
        self._overlap = overlap or Overlap(np.unique(self.shingles))
        self._place_in_distinct = self._overlap.hashes.searchsorted(self.shingles)

    @cached_property
    def sentences(self) -> Sentences:
        return split_sentences(self.body)

    @property
    def distinct(self) -> Hashes:
        return self._overlap.hashes

    def carried_by(self, member: Member) -> Flags:
        """Return which of the text's shingles a member has."""
        flags: Flags = self._overlap.with_member(member).flags.take(self._place_in_distinct, mode="clip")
        return flags

    def no_places(self) -> Flags:
        """Return a flag a shingle, none set."""
        return np.zeros(len(self.shingles), dtype=bool)


class _Credit:
    """The passages of a text that a story had first. Words credited to a story before it (``credited``) are not
    counted again."""

    def __init__(self, text: _Text, story: LinkableStory, places: Flags, credited: Flags) -> None:
        self.text, self.story, self.places = text, story, places
        self.words = int(np.count_nonzero(_words_at(places) & ~credited))
        self.share = min(self.words / text.length, 1.0) if text.length else 0.0

    @cached_property
    def has_opening(self) -> bool:
        """Whether the passages hold one of the story's beginning."""
        openings = np.concatenate([_opening(member.body) for member in self.story.nearest])
        return bool(_passages(self.places & np.isin(self.text.shingles, openings)).any())

    @cached_property
    def is_template(self) -> bool:
        """Whether text and story are bulletins of one template."""
        return align(self.text.sentences, split_sentences(self.story.nearest[0].body)).other_bulletin

    @cached_property
    def share_of_story(self) -> float:
        """The share of the story's text that the article has."""
        shingles = shingles_of(self.story.longest.fingerprint)
        return float(contained(shingles, self.text.distinct).mean()) if len(shingles) else 0.0


def _opening(body: Sequence[str]) -> Hashes:
    return running_hashes(token_hashes(body)[: OPENING_WORDS * TOKEN_BYTES])


def _quoted_stories(text: _Text, stories: Sequence[LinkableStory]) -> list[tuple[LinkableStory, Flags]]:
    """Return each story that has passages of the text with their places, stories that were first come first."""
    places = ((story, _passages(_carried_by(text, story.nearest))) for story in sorted(stories, key=_credit_order))
    return [(story, passages) for story, passages in places if passages.any()]


def _credit_passages(
    text: _Text, quoted: Sequence[tuple[LinkableStory, Flags]], free: Flags, new_since: NewSince | None = None
) -> list[_Credit]:
    """Credit passages at the ``free`` places to stories, each passage to the first that has it."""
    credits = []
    credited_words = _words_at(text.no_places())
    for story, story_places in quoted:
        places = _passages(story_places & free)
        if new_since and places.any():
            places[places] = new_since(text.shingles[places], story.since)
            places = _passages(places)
        if not places.any():
            continue
        credit = _Credit(text, story, places, credited_words)
        free, credited_words = free & ~places, credited_words | _words_at(places)
        if credit.words >= LINK_WORDS:
            credits.append(credit)
    return credits


def _credit_order(story: LinkableStory) -> tuple[bool, datetime, int]:
    """Return a key that puts derived stories last, whenever they were seen, and the others by time."""
    return story.is_derived, story.since, story.story


def _carried_by(text: _Text, members: Sequence[Member]) -> Flags:
    """Return which of the text's shingles any member has."""
    flags: Flags = np.logical_or.reduce([text.carried_by(member) for member in members])
    return flags


def _count_outlets(text: _Text, members: Sequence[Member]) -> Counts:
    """Return for each of the text's shingles how many outlets carry it."""
    by_outlet: dict[str, Flags] = {}
    for member in members:
        by_outlet[member.outlet] = by_outlet.get(member.outlet, text.no_places()) | text.carried_by(member)
    counts: Counts = np.sum(list(by_outlet.values()), axis=0, dtype=np.int64)
    return counts


def _passages(places: Flags) -> Flags:
    """Return the places in runs that are long enough for a passage."""
    if SHORTEST_PASSAGE not in places.tobytes():
        return np.zeros_like(places)
    # As the bits of one integer: numpy takes four times as long for a few hundred flags.
    bits = int.from_bytes(np.packbits(places, bitorder="little").tobytes(), "little")
    for shift in DOUBLINGS:
        bits &= bits >> shift
    for shift in DOUBLINGS:
        bits |= bits << shift
    packed = np.frombuffer(bits.to_bytes((len(places) + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(packed, count=len(places), bitorder="little").view(np.bool_)


def _words_at(places: Flags) -> Flags:
    """Return which words of the text the shingles at these places hold."""
    words = np.zeros(len(places) + WIDTH - 1, dtype=bool)
    for offset in range(WIDTH):
        words[offset : offset + len(places)] |= places
    return words


def _words_credited(text: _Text, credits: Sequence[_Credit]) -> Flags:
    words = _words_at(text.no_places())
    for credit in credits:
        words |= _words_at(credit.places)
    return words


def _is_digest(credits: Sequence[_Credit]) -> bool:
    """Whether the text quotes the beginnings of several stories, and none is most of what it quotes."""
    shares = [credit.share for credit in credits]
    total = sum(shares)
    if len(shares) < DIGEST_STORIES or total < DIGEST_SHARE or max(shares) > DIGEST_LARGEST_SHARE * total:
        return False
    return sum(credit.has_opening and not credit.is_template for credit in credits) >= DIGEST_STORIES


def _is_derived(credits: Sequence[_Credit]) -> bool:
    """Whether the text is made from two stories or more."""
    parents = [credit for credit in credits if credit.share >= PARENT_SHARE]
    if len(parents) < 2 or sum(parent.share for parent in parents) < PARENTS_SHARE:
        return False
    is_placed = any(credit.story.is_home for credit in credits)
    if is_placed and any(parent.share_of_story < PARENT_HELD for parent in parents):
        return False
    return all(parent.has_opening and not parent.is_template for parent in parents)


def _is_from_inputs(claims: Sequence[Claim], credits: Sequence[_Credit]) -> bool:
    """Whether the text names an agency for inputs and has a good part of a story, but no more than that.

    What matching placed in a story stays there: outlets put that line also under copies with a related text below.
    """
    names_inputs = any(claim.evidence is Evidence.INPUTS for claim in claims)
    if not names_inputs or any(credit.story.is_home or credit.share >= COPY_SHARE for credit in credits):
        return False
    return any(credit.share >= PARENT_SHARE and not credit.is_template for credit in credits)


def _followed_stories(credits: Sequence[_Credit], is_copy: bool) -> list[_Credit]:
    """Return the stories whose passages stand behind a lead of the text's own."""
    if sum(credit.share for credit in credits) > 1 - FOLLOW_UP_OWN_SHARE:
        return []
    behind_lead = [credit for credit in credits if not credit.places[:LEAD_WORDS].any()]
    return [credit for credit in behind_lead if _is_of_story(credit, is_copy) and not credit.is_template]


def _is_of_story(credit: _Credit, is_copy: bool) -> bool:
    """Whether the passages are the story's, and not one outlet's related text.

    A second outlet has them in that story too, or the story has one outlet and another copy of the article has them.
    """
    if credit.story.outlets == 1:
        return is_copy
    by_two = credit.places & (_count_outlets(credit.text, credit.story.nearest) > 1)
    return int(np.count_nonzero(_words_at(_passages(by_two)))) >= LINK_WORDS


def _same_derived_story(text: _Text, stories: Sequence[LinkableStory]) -> int | None:
    """Return the story of another text that was made from the same, in the same words."""
    ranked = [(_jaccard(text.distinct, story), -story.story) for story in stories if story.is_derived]
    jaccard, negative_story = max(ranked, default=(0.0, 0))
    return -negative_story if jaccard >= SAME_DERIVED_JACCARD else None


def _jaccard(hashes: Hashes, story: LinkableStory) -> float:
    story_hashes = shingles_of(story.nearest[0].fingerprint)
    shared = int(contained(story_hashes, hashes).sum())
    return shared / (len(hashes) + len(story_hashes) - shared) if shared else 0.0


def _ties(credits: Sequence[_Credit], kind: LinkKind) -> tuple[Tie, ...]:
    ranked = sorted(credits, key=lambda credit: (-credit.words, credit.story.story))
    return tuple(Tie(credit.story.story, kind, credit.share, _reason(credit, kind)) for credit in ranked)


def _reason(credit: _Credit, kind: LinkKind) -> str:
    reason = f"{credit.words} of its {credit.text.length} words stand in that story"
    return reason + (", none of them its lead" if kind is LinkKind.FOLLOW_UP else "")
