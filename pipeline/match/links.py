"""What an article has of stories it is no copy of: its background, what it quotes, what it is made from.

A passage is a run of words that stands in a story too. Each passage is credited to the story that had it first, so
that a story and its follow-ups do not quote one another in a ring. Links never merge: they say who else has a part of
a text, and how much of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from pipeline.match.alignment import align
from pipeline.match.compare import Overlap, within
from pipeline.match.fingerprint import shingles_of
from pipeline.match.sentences import Sentences, sentences, token_hashes
from pipeline.model import Claim, Evidence, LinkKind, Links, Member, PageKind, Relation, Tie
from pipeline.text.shingles import TOKEN_BYTES, WIDTH, Hashes, running_hashes

# Words in a row that make a passage, and words of a story that make it spoken of: shorter runs are names and formulas.
PASSAGE = 12
QUOTED = 20
# Of each other story the copies that share most keys are read; what one of many outlets alone carries is its own
# related text, and no part of the story.
NEAREST = 3
# What a story begins with: a digest quotes it, and pages that share a related text do not.
OPENING = 80
# A digest quotes the beginnings of so many stories; they are so much of it, and none is most of that.
DIGEST_LEAST = 3
DIGEST_OF_TEXT = 0.4
DIGEST_MOST = 0.6
# A text made from two is so much theirs. What was placed in one of them must hold both nearly whole: copies that go
# on with another story's last paragraphs are copies.
OF_EACH = 0.2
OF_BOTH = 0.5
HELD = 0.75
# Of a text that names agencies for inputs: what has more than this of one story is a copy of it, and what has less than
# OF_EACH of any has its background there.
COPIED = 0.75
# Two texts made from the same are one where they share so much (Jaccard).
SAME = 0.5
# A follow-up begins with words of its own, and so much of it is nobody else's.
LEAD = 25
OWN = 0.4

Counts = np.ndarray[tuple[int], np.dtype[np.int64]]
Places = np.ndarray[tuple[int], np.dtype[np.bool_]]
NewSince = Callable[[Hashes, datetime], Places]


@dataclass(frozen=True, slots=True)
class Rival:
    """A story that shares keys with an article, by its copies that share most and by its longest: when it was first
    seen, how many outlets carry it, and whether the article was placed in it."""

    story: int
    nearest: tuple[Member, ...]
    longest: Member
    since: datetime
    outlets: int = 1
    home: bool = False


def linkable_stories(
    article_id: int,
    overlap: Overlap,
    candidates: Mapping[int, Sequence[int]],
    members: Mapping[int, Sequence[Member]],
    home: int | None,
) -> tuple[Rival, ...]:
    """The stories that share enough with an article to be spoken of, and its own. ``candidates``: story -> its
    articles, most shared keys first; ``overlap``: what its text has in common with theirs."""
    found = []
    for story, ids in candidates.items():
        held = {one.article_id: one for one in members.get(story, ()) if one.article_id != article_id}
        near = [held[number] for number in ids if number in held][:NEAREST]
        if near and (story == home or any(_shared(overlap, one) > QUOTED - WIDTH for one in near)):
            found.append(_rival(story, near, list(held.values()), story == home))
    return tuple(found)


def _shared(overlap: Overlap, member: Member) -> int:
    return overlap.with_member(member).number


def _rival(story: int, near: Sequence[Member], members: Sequence[Member], home: bool) -> Rival:
    longest = max(members, key=lambda one: (len(one.fingerprint.shingles), -one.article_id))
    since = min(one.seen_at for one in members)
    return Rival(story, tuple(near), longest, since, len({one.outlet for one in members}), home)


def links(
    body: Sequence[str],
    rivals: Sequence[Rival],
    new_since: NewSince,
    kind: PageKind = PageKind.ARTICLE,
    claims: Sequence[Claim] = (),
    overlap: Overlap | None = None,
) -> Links:
    """How a text stands to stories. The order of ``rivals`` does not show.

    ``new_since`` says which shingles nobody had before a time: what a story took over from elsewhere is not its own.
    ``overlap``: what the text has in common with others, as far as that was found already.
    """
    others = [rival for rival in rivals if not rival.home]
    if not others:
        return Links()
    home = next((rival for rival in rivals if rival.home), None)
    text = _Text(body, overlap)
    carried = _carried(text, others)
    if not carried:
        return Links()
    here = _passages(_carried_by(text, home.nearest)) if home else np.zeros(len(text.shingles), dtype=bool)
    sources = _credited(text, carried, ~here)
    if kind is PageKind.LIVE_BLOG:
        return Links(_ties(sources, LinkKind.LIVE_BLOG))
    if sources and home:
        sources.append(_Credit(text, home, here, _taken(sources, here)))
    if _is_digest(sources):
        return Links(_ties(sources, LinkKind.DIGEST), True, _same(text, others))
    if _is_made_from(sources) or _takes_inputs(claims, sources):
        return Links(_ties(sources, LinkKind.DERIVED), True, _same(text, others))
    # What one outlet alone carries is its own related text: copies of a story have its background in common.
    shared = _credited(text, carried, here if home else ~here, new_since)
    return Links(_ties(_followed(shared, bool(home)), LinkKind.FOLLOW_UP))


class _Text:
    """An article's words, the shingle that begins at each, and where it stands among the text's distinct ones."""

    def __init__(self, body: Sequence[str], overlap: Overlap | None) -> None:
        self.body = body
        words = token_hashes(body)
        self.length = len(words) // TOKEN_BYTES
        self.shingles = running_hashes(words)
        self._overlap = overlap or Overlap(np.unique(self.shingles))
        self._order = self._overlap.hashes.searchsorted(self.shingles)

    @cached_property
    def sentences(self) -> Sentences:
        return sentences(self.body)

    @property
    def distinct(self) -> Hashes:
        return self._overlap.hashes

    def carried_by(self, member: Member) -> Places:
        """Where in the text a member has the same words."""
        places: Places = self._overlap.with_member(member).places.take(self._order, mode="clip")
        return places


def _opening(body: Sequence[str]) -> Hashes:
    return running_hashes(token_hashes(body)[: OPENING * TOKEN_BYTES])


class _Credit:
    """The passages of a text that a story had first; words that were ``taken`` for another are not counted again."""

    def __init__(self, text: _Text, rival: Rival, places: Places, taken: Places) -> None:
        self.text, self.rival, self.places = text, rival, places
        self.words = int(np.count_nonzero(_covered(places) & ~taken))
        self.share = min(self.words / text.length, 1.0) if text.length else 0.0

    @cached_property
    def opening(self) -> bool:
        """Whether they hold a passage of the story's beginning."""
        first = [_opening(one.body) for one in self.rival.nearest]
        return bool(_passages(self.places & np.isin(self.text.shingles, np.concatenate(first))).any())

    @cached_property
    def template(self) -> bool:
        """Whether the two are bulletins of one template."""
        return align(self.text.sentences, sentences(self.rival.nearest[0].body)).other_bulletin

    @cached_property
    def held(self) -> float:
        """How much of the story's text the article holds."""
        theirs = shingles_of(self.rival.longest.fingerprint)
        return float(within(theirs, self.text.distinct).mean()) if len(theirs) else 0.0


def _carried(text: _Text, rivals: Sequence[Rival]) -> list[tuple[Rival, Places]]:
    """Where passages of each story stand in the text, stories that were first come first; those with too little to
    be spoken of, which are most, are left out at once."""
    found = ((rival, _carried_by(text, rival.nearest)) for rival in sorted(rivals, key=_turn))
    enough = ((rival, _passages(places)) for rival, places in found if np.count_nonzero(places) > QUOTED - WIDTH)
    return [(rival, passages) for rival, passages in enough if passages.any()]


def _credited(
    text: _Text, carried: Sequence[tuple[Rival, Places]], free: Places, new_since: NewSince | None = None
) -> list[_Credit]:
    """What each story gave of the ``free`` places; what one has, those after it have not."""
    found = []
    taken = _covered(np.zeros_like(free))
    for rival, there in carried:
        places = _passages(there & free)
        if new_since and places.any():
            places[places] = new_since(text.shingles[places], rival.since)
            places = _passages(places)
        if not places.any():
            continue
        credit = _Credit(text, rival, places, taken)
        free, taken = free & ~credit.places, taken | _covered(credit.places)
        if credit.words >= QUOTED:
            found.append(credit)
    return found


def _turn(rival: Rival) -> tuple[bool, datetime, int]:
    """What is itself made from others comes after them, whenever it was seen."""
    return all(one.relation is Relation.DERIVED for one in rival.nearest), rival.since, rival.story


def _carried_by(text: _Text, members: Sequence[Member]) -> Places:
    """Which of the text's shingles any of them carries."""
    places: Places = np.logical_or.reduce([text.carried_by(one) for one in members])
    return places


def _outlets(text: _Text, members: Sequence[Member]) -> Counts:
    """How many outlets carry each of the text's shingles."""
    found: dict[str, Places] = {}
    for one in members:
        carried = text.carried_by(one)
        found[one.outlet] = found.get(one.outlet, np.zeros_like(carried)) | carried
    total: Counts = np.sum(list(found.values()), axis=0, dtype=np.int64)
    return total


def _passages(places: Places) -> Places:
    """Only the runs that are long enough to be a passage."""
    kept, edged = np.zeros_like(places), np.zeros(len(places) + 2, dtype=bool)
    edged[1:-1] = places
    edges = (edged[1:] != edged[:-1]).nonzero()[0]
    enough = edges[1::2] - edges[::2] >= PASSAGE - WIDTH + 1
    for start, end in zip(edges[::2][enough].tolist(), edges[1::2][enough].tolist(), strict=True):
        kept[start:end] = True
    return kept


def _words(places: Places) -> int:
    return int(np.count_nonzero(_covered(places)))


def _covered(places: Places) -> Places:
    """The words of the text that shingles at these places hold."""
    words = np.zeros(len(places) + WIDTH - 1, dtype=bool)
    for n in range(WIDTH):
        words[n : n + len(places)] |= places
    return words


def _taken(credits: Sequence[_Credit], none: Places) -> Places:
    taken = _covered(np.zeros_like(none))
    for one in credits:
        taken |= _covered(one.places)
    return taken


def _is_digest(credits: Sequence[_Credit]) -> bool:
    shares = [one.share for one in credits]
    total = sum(shares)
    if len(shares) < DIGEST_LEAST or total < DIGEST_OF_TEXT or max(shares) > DIGEST_MOST * total:
        return False
    return sum(one.opening and not one.template for one in credits) >= DIGEST_LEAST


def _is_made_from(credits: Sequence[_Credit]) -> bool:
    parents = [one for one in credits if one.share >= OF_EACH]
    if len(parents) < 2 or sum(one.share for one in parents) < OF_BOTH:
        return False
    if any(one.rival.home for one in credits) and any(one.held < HELD for one in parents):
        return False
    return all(one.opening and not one.template for one in parents)


def _takes_inputs(claims: Sequence[Claim], credits: Sequence[_Credit]) -> bool:
    """Whether it names an agency for inputs, and a story's words are a good part of it, but no more than that.

    What matching placed in a story stays there: outlets put the line under copies with a related text below them too.
    """
    said = any(one.evidence is Evidence.INPUTS for one in claims)
    if not said or any(one.rival.home or one.share >= COPIED for one in credits):
        return False
    return any(one.share >= OF_EACH and not one.template for one in credits)


def _followed(credits: Sequence[_Credit], copied: bool) -> list[_Credit]:
    """The stories whose words stand behind a lead of the text's own."""
    if sum(one.share for one in credits) > 1 - OWN:
        return []
    return [one for one in credits if not one.places[:LEAD].any() and _is_theirs(one, copied) and not one.template]


def _is_theirs(credit: _Credit, copied: bool) -> bool:
    """Whether the words are the story's, and not one outlet's related text: a second outlet has them there too, or
    the story has but one outlet and another copy of the article has them."""
    if credit.rival.outlets == 1:
        return copied
    return _words(_passages(credit.places & (_outlets(credit.text, credit.rival.nearest) > 1))) >= QUOTED


def _same(text: _Text, others: Sequence[Rival]) -> int | None:
    """The story of another text made from the same, and in the same words."""
    made = [(_jaccard(text.distinct, rival), -rival.story) for rival in others if _turn(rival)[0]]
    best = max(made, default=(0.0, 0))
    return -best[1] if best[0] >= SAME else None


def _jaccard(mine: Hashes, rival: Rival) -> float:
    theirs = shingles_of(rival.nearest[0].fingerprint)
    both = int(within(theirs, mine).sum())
    return both / (len(mine) + len(theirs) - both) if both else 0.0


def _ties(sources: Sequence[_Credit], kind: LinkKind) -> tuple[Tie, ...]:
    ranked = sorted(sources, key=lambda one: (-one.words, one.rival.story))
    return tuple(Tie(one.rival.story, kind, one.share, _reason(one, kind)) for one in ranked)


def _reason(credit: _Credit, kind: LinkKind) -> str:
    said = f"{credit.words} of its {credit.text.length} words stand in that story"
    return said + (", none of them its lead" if kind is LinkKind.FOLLOW_UP else "")
