"""What in an article's raw text is not the story, block by block, with the rule that says so.

Pure: blocks in, a :class:`Cleaned` out. Nothing is lost: every block is a paragraph of the body, a whole span,
or a paragraph with partial spans cut from its ends; :func:`rebuild` puts them together again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from pipeline.model import Span, SpanKind
from pipeline.text.credits import agency_sign_span
from pipeline.text.grammar import Grammar, Position
from pipeline.text.invitations import LINK, is_invitation, opens_links
from pipeline.text.normalize import fold, without_dots
from pipeline.text.wire import dateline_span, line_spans, tail_span

SECTION_MOST = 70
# A section of links is cut off with its heading only while it is the smaller part of the text.
SECTION_SHARE = 0.5
HEADLINE_MOST = 160
TEASER_LEAST = 25
EDGE = 4
NOTICE_LEAST = 60
TITLE_LEAST = 16
KICKER_MOST = 60
LONGEST_NAME = 220
PLACE_MOST = 30
# Blocks in which titles and leads are told again.
HEAD = 8
RUNNING_LEAST = 80
BYLINE_LEAD = re.compile(
    r"^\W*(?:by|von|par|por|di|door|av|af|text|texte|written by|автор|reported by)\b\W*", re.IGNORECASE
)
SPEAKER_MOST = 60
NAME_AND_COLON = "place in capitals, colon, no credit"
SENTENCE_END = re.compile(r"[.!?。।؟！？…][\"”’»)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """One line of what extraction found.

    ``linked``: the share of it that is a link to another page; ``markup_kind``: its kind, if it was read from the
    page's own markup; ``headline``: it is the title, and the markup shows it as such.
    """

    text: str
    heading: bool = False
    linked: float = 0.0
    markup_kind: SpanKind | None = None
    headline: bool = False


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The story's paragraphs and all that was taken off."""

    body: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Promotions:
    """Compiled forms of ``promos.toml``."""

    longest: int
    furniture: re.Pattern[str]
    invitations: re.Pattern[str]
    sections: re.Pattern[str]


@cache
def load_promotions() -> Promotions:
    """The patterns of promotional lines and section headings, compiled once."""
    table = tomllib.loads((files("pipeline") / "data" / "promos.toml").read_text(encoding="utf-8"))
    furniture, invitations, sections = (
        "|".join(f"(?:{form})" for form in table[name]) for name in ("furniture", "invitations", "sections")
    )
    return Promotions(
        table["longest"],
        re.compile(rf"^[\W_]{{0,4}}(?:{furniture})", re.IGNORECASE),
        re.compile(rf"^[\W_]{{0,4}}(?:{invitations})", re.IGNORECASE),
        re.compile(rf"^[\W_]{{0,4}}(?:{sections})[\W_]{{0,4}}$", re.IGNORECASE),
    )


def clean(
    blocks: Sequence[Block],
    title: str,
    grammar: Grammar,
    titles: Sequence[str] = (),
    authors: Sequence[str] = (),
    *,
    news: bool = True,
) -> Cleaned:
    """Sort the blocks into the story and the rest. ``titles`` are other forms of the title that the page gives.

    On a page that is not known to be ``news`` only what is no text on any page is taken off: there an invitation
    without a link, a section of links or the title is text as often as not.
    """
    whole_spans = _titles_and_authors(blocks, (title, *titles) if news else (), authors)
    whole_spans |= _agency_rights(blocks, grammar)
    sure = (_marked, _headline, _teasers, _furniture, _linked_invitations)
    for rule in (_marked, _titles, _teasers, _sections, _furniture, _promotions) if news else sure:
        for number, span in rule(blocks, title, whole_spans).items():
            whole_spans.setdefault(number, replace(span, block=number))
    _lines(blocks, grammar, whole_spans)
    return _cut(blocks, grammar, whole_spans)


def rebuild(cleaned: Cleaned) -> tuple[str, ...]:
    """Every block as it was: the inverse of :func:`clean`."""
    whole_texts = {span.block: span.text for span in cleaned.spans if span.is_whole_block}
    parts = [span for span in cleaned.spans if not span.is_whole_block]
    paragraphs = iter(cleaned.body)
    blocks = []
    for number in range(len(whole_texts) + len(cleaned.body)):
        text = whole_texts[number] if number in whole_texts else next(paragraphs)
        for span in sorted((span for span in parts if span.block == number), key=lambda span: span.start):
            text = text[: span.start] + span.text + text[span.start :]
        blocks.append(text)
    return tuple(blocks)


def _whole_span(kind: SpanKind, block: Block, rule: str) -> Span:
    return Span(kind, block.text, rule, 0)


def _marked(blocks: Sequence[Block], _title: str, _whole_spans: dict[int, Span]) -> dict[int, Span]:
    return {
        n: _whole_span(block.markup_kind, block, f"marked as {block.markup_kind.value} by the page")
        for n, block in enumerate(blocks)
        if block.markup_kind
    }


def _titles(blocks: Sequence[Block], title: str, _whole_spans: dict[int, Span]) -> dict[int, Span]:
    wanted = fold(title)
    same = (n for n, block in enumerate(blocks[:HEAD]) if wanted and fold(block.text) == wanted)
    return {n: _whole_span(SpanKind.TITLE, blocks[n], "repeats the title") for n in same}


def _headline(blocks: Sequence[Block], _title: str, _whole_spans: dict[int, Span]) -> dict[int, Span]:
    numbers = (n for n, block in enumerate(blocks[:HEAD]) if block.headline)
    return {n: _whole_span(SpanKind.TITLE, blocks[n], "repeats the title") for n in numbers}


def _titles_and_authors(blocks: Sequence[Block], titles: Sequence[str], authors: Sequence[str]) -> dict[int, Span]:
    """Lines at either end that say the title with its kicker, or the author, whom the page names elsewhere."""
    names = {fold(author) for author in (*authors, "".join(authors)) if fold(author)}
    heads = {fold(heading) for heading in titles if len(fold(heading)) >= TITLE_LEAST}
    spans: dict[int, Span] = {}
    for n, block in enumerate(blocks):
        if block.markup_kind or EDGE <= n < len(blocks) - EDGE or len(block.text) > LONGEST_NAME:
            continue
        folded_text = fold(block.text)
        if n < EDGE and any(_with_kicker(folded_text, head) for head in heads):
            spans[n] = replace(_whole_span(SpanKind.TITLE, block, "repeats the title"), block=n)
        elif fold(BYLINE_LEAD.sub("", block.text)) in names or _with_place(block.text, authors):
            spans[n] = replace(_whole_span(SpanKind.BYLINE, block, "byline"), block=n)
    return spans


def _with_kicker(folded_text: str, head: str) -> bool:
    return len(folded_text) <= len(head) + KICKER_MOST and (folded_text.startswith(head) or folded_text.endswith(head))


def _with_place(text: str, authors: Sequence[str]) -> bool:
    """``Von Anna Muster, Berlin``: an author after a word for "by", and at most a place or a role."""
    name = BYLINE_LEAD.sub("", text)
    if name == text or SENTENCE_END.search(text):
        return False
    return any(name.startswith(author) and len(name) <= len(author) + PLACE_MOST for author in authors if author)


def _teasers(blocks: Sequence[Block], _title: str, whole_spans: dict[int, Span]) -> dict[int, Span]:
    """A block that a later one begins with: the lead, told twice."""
    folded = [fold(without_dots(block.text)) for block in blocks]
    spans: dict[int, Span] = {}
    for n, block in enumerate(blocks[:HEAD]):
        later = [m for m in range(n + 1, min(n + HEAD, len(blocks))) if m not in whole_spans]
        if sum(len(blocks[m].text) >= RUNNING_LEAST for m in range(n) if m not in whole_spans and m not in spans) >= 2:
            break  # the story has begun
        cut = without_dots(block.text) != block.text
        # What stands there three times is the text's own way of speaking.
        if n not in whole_spans and len(folded[n]) >= TEASER_LEAST and folded.count(folded[n]) < 3 and any(
            _opens(folded[n], folded[m], cut) for m in later
        ):  # fmt: skip
            spans[n] = _whole_span(SpanKind.TEASER, block, "repeats the lead")
    return spans


def _opens(teaser: str, lead: str, cut: bool) -> bool:
    # The last word of a cut teaser may itself be cut; one that is not cut must be the whole of the lead.
    return lead.startswith(teaser) if not cut else lead.startswith(teaser[: max(len(teaser) - 12, TEASER_LEAST)])


def _agency_rights(blocks: Sequence[Block], grammar: Grammar) -> dict[int, Span]:
    """The last lines in which an agency reserves its rights: "©AFP" signs the text there, elsewhere a picture."""
    last = [n for n in range(max(len(blocks) - EDGE, 1), len(blocks)) if blocks[n].text.startswith("©")]
    signs = ((n, agency_sign_span(blocks[n].text, "last", grammar)) for n in last)
    return {n: replace(sign, block=n) for n, sign in signs if sign}


def _furniture(blocks: Sequence[Block], _title: str, whole_spans: dict[int, Span]) -> dict[int, Span]:
    promos = load_promotions()
    return {
        n: _whole_span(SpanKind.PROMO, block, "page furniture")
        for n, block in enumerate(blocks)
        if n not in whole_spans and len(block.text) <= promos.longest and promos.furniture.match(block.text)
    }


def _promotions(blocks: Sequence[Block], _title: str, whole_spans: dict[int, Span]) -> dict[int, Span]:
    promos = load_promotions()
    short = [n for n, block in enumerate(blocks) if n not in whole_spans and len(block.text) <= promos.longest]
    invitations = [n for n in short if _invites(blocks[n], news=True) or promos.invitations.match(blocks[n].text)]
    lists = [m for n in short if opens_links(blocks[n].text) for m in _with_links(blocks, n)]
    return {n: _whole_span(SpanKind.PROMO, blocks[n], "invites elsewhere") for n in (*invitations, *lists)}


def _linked_invitations(blocks: Sequence[Block], _title: str, whole_spans: dict[int, Span]) -> dict[int, Span]:
    numbers = (n for n, block in enumerate(blocks) if n not in whole_spans and _invites(block, news=False))
    return {n: _whole_span(SpanKind.PROMO, blocks[n], "invites elsewhere") for n in numbers}


def _invites(block: Block, *, news: bool) -> bool:
    return len(block.text) <= load_promotions().longest and is_invitation(block.text, block.linked, news=news)


def _with_links(blocks: Sequence[Block], label: int) -> range:
    """The label and the links right below it; nothing where there are none."""
    end = next((m for m in range(label + 1, len(blocks)) if blocks[m].linked < LINK), len(blocks))
    return range(label, end) if end > label + 1 else range(0)


def _sections(blocks: Sequence[Block], _title: str, whole_spans: dict[int, Span]) -> dict[int, Span]:
    """A heading such as "Related stories", and what follows as far as it reads like headlines."""
    total = sum(len(block.text) for block in blocks)
    for n, block in enumerate(blocks):
        if n in whole_spans or not _opens_section(block):
            continue
        run = _headlines(blocks, n + 1, whole_spans)
        if sum(len(blocks[m].text) for m in run) <= SECTION_SHARE * total and (run or block.heading):
            heading = {n: _whole_span(SpanKind.PROMO, block, "opens a section of links")}
            return heading | {m: _whole_span(SpanKind.PROMO, blocks[m], "in a section of links") for m in run}
    return {}


def _opens_section(block: Block) -> bool:
    """A colon after what is no heading opens a list of the text's own."""
    if len(block.text) > SECTION_MOST or (block.text.endswith((":", "：")) and not block.heading):
        return False
    return load_promotions().sections.match(block.text) is not None


def _headlines(blocks: Sequence[Block], start: int, whole_spans: dict[int, Span]) -> list[int]:
    """The blocks up to the next text, less the headings that open it."""
    end = next(
        (m for m in range(start, len(blocks)) if m not in whole_spans and _is_text(blocks[m].text)), len(blocks)
    )  # fmt: skip
    if end < len(blocks):
        while end > start and blocks[end - 1].heading and blocks[end - 1].linked < LINK:
            end -= 1
    return [m for m in range(start, end) if m not in whole_spans]


def _is_text(text: str) -> bool:
    return len(text) > HEADLINE_MOST or SENTENCE_END.search(text) is not None


def _lines(blocks: Sequence[Block], grammar: Grammar, whole_spans: dict[int, Span]) -> None:
    """Agency lines that take a whole block. What is first and last is counted among what is left."""
    remaining = [n for n in range(len(blocks)) if n not in whole_spans]
    for order, n in enumerate(remaining):
        near_end = order >= len(remaining) - EDGE
        position: Position = "last" if near_end and order >= 1 else "first" if order < EDGE else "middle"
        for span in line_spans(blocks[n].text, position, grammar):
            if span.is_whole_block:
                whole_spans[n] = replace(span, block=n)
    _keep_notice(blocks, whole_spans)


def _keep_notice(blocks: Sequence[Block], whole_spans: dict[int, Span]) -> None:
    """An agency's notice that is all there is, such as a withdrawal, is the text."""
    if len(whole_spans) == len(blocks):
        for n in [
            n for n, span in whole_spans.items() if span.kind is SpanKind.UPDATE and len(span.text) > NOTICE_LEAST
        ]:
            del whole_spans[n]


def _cut(blocks: Sequence[Block], grammar: Grammar, whole_spans: dict[int, Span]) -> Cleaned:
    remaining = [n for n in range(len(blocks)) if n not in whole_spans]
    body: list[str] = []
    spans = list(whole_spans.values())
    for n in remaining:
        text, parts = blocks[n].text, []
        if n in remaining[:2] and (head := _dateline(blocks, n, remaining, grammar)):
            parts.append(replace(head, block=n))
            text = text[len(head.text) :]
        if n in remaining[-3:] and (tail := tail_span(text, grammar)):
            text = text[: tail.start]
            parts.append(replace(tail, block=n, start=tail.start + sum(len(part.text) for part in parts)))
        if text.strip():
            body.append(text)
            spans += parts
        else:
            cut_span = parts[0] if parts else Span(SpanKind.BOILERPLATE, "", "blank", n)
            spans.append(replace(cut_span, text=blocks[n].text, start=0, is_whole_block=True))
    return Cleaned(tuple(body), tuple(sorted(spans, key=lambda span: (span.block, span.start))))


def _dateline(blocks: Sequence[Block], number: int, remaining: Sequence[int], grammar: Grammar) -> Span | None:
    """The dateline of a block. A name in capitals and a colon that two lines begin with are those of speakers."""
    head = None if blocks[number].heading else dateline_span(blocks[number].text, grammar)
    if head is None or head.rule != NAME_AND_COLON:
        return head
    return None if any(_names_speaker(blocks[n].text) for n in remaining if n != number) else head


def _names_speaker(text: str) -> bool:
    name, colon, _ = text[:SPEAKER_MOST].partition(": ")
    return bool(colon) and len(name) > 1 and name.isupper()
