"""A page to an Article.

The page is parsed once. ``extract.candidates`` finds the text; the page's own lines and metadata say what in it is a
headline, a caption, a link or a standfirst; ``text.boilerplate`` and the grammar of agency lines take off the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.errors import NotAnArticle
from pipeline.extract.appended import other_stories
from pipeline.extract.candidates import Reading, best_reading, parsed
from pipeline.extract.kind import absence_reason, is_bridge, kind_of, leads_elsewhere
from pipeline.extract.lines import Line, page_lines
from pipeline.extract.links import HEADINGS, cards_at_the_end, links_elsewhere
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.extract.page_dates import byline_moment, searched_date
from pipeline.extract.part import without_spoken, without_wrongly_nested
from pipeline.extract.place import with_places
from pipeline.extract.shape import check_shape
from pipeline.extract.template import page_keys
from pipeline.model import Article, Basis, Dateline, Moment, PageHints, PageKind, Span, SpanKind
from pipeline.text.boilerplate import SENTENCE_END, Block, Cleaned, clean
from pipeline.text.dates import read_moment
from pipeline.text.encodings import decode_page
from pipeline.text.grammar import Grammar, plain_agencies_in
from pipeline.text.marks import mark_of
from pipeline.text.normalize import fold, without_dots
from pipeline.text.wire import agencies_signed, dateline_day, dateline_parts, line_spans

DECK_LEAST, DECK_MOST = 60, 400
NEAR_TITLE = 6
DECK_TAGS = ("p", "div", "h2", "h3")
HEAD_MOST = 14
DESCRIBED_LEAST = 60
CAPTION = re.compile(
    r"\b(figcaption|caption|wp-caption|image-credit|photo-credit|imagecaption|credit)\b|(?<!has)(?<!has-)(?<!with-)caption"
)
CAPTION_WORD = re.compile(r"\b(?:fig)?caption\b")
DECK_HINT = re.compile(
    r"standfirst|subtitle|sub-?head|\bdeck?\b|\bdek\b|excerpt|summary|chapo|bajada|entradilla|intro|lede|teaser|tagline|strapline"
)
# Classes by which a page calls a heading its headline.
HEADLINE_HINT = re.compile(
    r"(?:^|[\s_-])(?:post|entry|article|story|news|blog|page|content)\w*?[_-]{1,2}(?:\w+[_-]{1,2})*?(?:title|headline|header)\b"
    r"|(?:^|\s)(?:headline|p-name)(?:[\s_-]|$)"
)
SECTIONING = ("body", "main", "article", "section")
BYLINE_HINT = re.compile(r"byline|author|autor|writer|reporter|credit|source|agency")
STRONG = (SpanKind.DATELINE, SpanKind.BYLINE, SpanKind.ENDMARK, SpanKind.CREDIT)


def extract_article(page: bytes, url: str, hints: PageHints, grammar: Grammar) -> Article:
    """The article of a page. Raises NotAnArticle, saying why, where it holds none."""
    tree = _parse(page, hints.charset)
    leads = leads_elsewhere(tree)
    # lxml.html asks Python for the class of every element it meets, unless the element is held.
    held = list(tree.iter())
    without_wrongly_nested(tree)
    without_spoken(held)
    lines = page_lines(tree)
    meta = read_metadata(tree, url, lines, hints)
    others = other_stories(lines, meta.heading, grammar)
    titles = _without_other_headings(meta, lines)

    news = meta.declared.news or any(agencies_signed(author, grammar) for author in meta.authors)

    def read(found: list[Block]) -> Reading:
        blocks, deck = _blocks(found, lines, meta, grammar, url)
        blocks = [_apart(block) if block.text in others else block for block in blocks]
        cleaned = clean(blocks, meta.title, grammar, titles, meta.authors, news=news)
        if not news and _signed(cleaned.spans):
            cleaned = clean(blocks, meta.title, grammar, titles, meta.authors)
        return Reading(cleaned, deck)

    reading, agreement = best_reading(tree, url, lines, meta.article_body, read)
    if reading is None:
        names = (meta.title, meta.heading, *meta.titles)
        raise NotAnArticle(absence_reason(meta.declared, names, lines, leads), concerns=url)
    published = meta.published or _stamped(reading.cleaned.spans, hints) or searched_date(tree)
    article = assembled(url, meta, reading.deck, reading.cleaned, lines, published, grammar)
    body = tree.find(".//body")
    article = with_places(article, lines, tree if body is None else body)
    del held
    if leads and is_bridge(article):
        article = replace(article, kind=PageKind.PLACEHOLDER)
    return replace(article, line_keys=page_keys(line.text for line in lines), agreement=agreement)


def _without_other_headings(meta: Metadata, lines: Sequence[Line]) -> list[str]:
    """The article's names, less those that are headings beside the one that names it: these are text."""
    headings = {fold(line.text) for line in lines if line.tag == "h1"}
    own = {fold(meta.title), fold(meta.heading)}
    others = headings - own if headings & own else frozenset()
    return [title for title in meta.titles if fold(title) not in others]


def _parse(page: bytes, charset: str) -> Any:
    if not page.strip():
        raise NotAnArticle("an empty page")
    check_shape(page)
    tree = parsed(decode_page(page, charset))
    if tree is None or (tree.find(".//body") is None and not len(tree)):
        raise NotAnArticle("the bytes are not HTML")
    return tree


# ---------------------------------------------------------------- blocks with what the page tells of them


def _blocks(
    found: Sequence[Block], lines: Sequence[Line], meta: Metadata, grammar: Grammar, url: str
) -> tuple[list[Block], str]:
    """The blocks to clean, those of the article's head in front, and the standfirst."""
    told = {line.text: line for line in lines}
    found = _with_subheads(found, lines)
    news = meta.declared.news
    captions = _captions(found, told, lines, news)
    own = meta.canonical_url or url
    links = links_elsewhere(found, told, own) if news else frozenset()
    cards = cards_at_the_end(found, told, own)
    blocks = [_told(block, told.get(block.text), captions, links, meta) for block in found]
    blocks = [replace(block, listed=n in cards) for n, block in enumerate(blocks)]
    head = _head_lines(lines, blocks, meta)
    deck = _deck(head, blocks, meta, grammar)
    blocks = [_as_deck(block, deck) if n < 3 else block for n, block in enumerate(blocks)]
    known = {fold(block.text) for block in blocks}
    front = [block for line in head if (block := _head_block(line, grammar)) and fold(line.text) not in known]
    return front + blocks, deck


def _with_subheads(found: Sequence[Block], lines: Sequence[Line]) -> list[Block]:
    """The blocks with the headings that stand right above one of them, the first aside: readings leave many out."""
    places = {line.text: n for n, line in reversed(list(enumerate(lines)))}
    known = {block.text for block in found}
    blocks: list[Block] = []
    for block in found:
        above = lines[place - 1] if blocks and (place := places.get(block.text)) else None
        if above and above.tag in HEADINGS and above.text not in known:
            blocks.append(Block(above.text, heading=True))
        blocks.append(block)
    return blocks


def _captions(found: Sequence[Block], told: Mapping[str, Line], lines: Sequence[Line], news: bool) -> set[str]:
    """Texts that their markup calls captions wherever they stand. A class that half of the text shares says nothing of
    any line of it."""
    known = [line for block in found if (line := told.get(block.text))]
    hinted = {line.text for line in known if _is_caption(line, news)}
    hinted -= {line.text for line in lines if line.text in hinted and not _is_caption(line, news)}
    named = {line.text for line in known if line.tag == "figcaption"}
    if 2 * sum(map(len, hinted - named)) > sum(len(block.text) for block in found):
        return hinted & named
    return hinted


def _is_caption(line: Line, news: bool) -> bool:
    """By its element or its class. Headings, and what a list or a table holds, are none: a gallery's names are text, and
    on a page about money "credit" is what it is about; so on other pages than news a class must hold the word itself."""
    hint = CAPTION if news else CAPTION_WORD
    named = line.tag not in (*HEADINGS, "h1", "li", "td", "th") and hint.search(line.hint) is not None
    return line.tag == "figcaption" or named


def _told(block: Block, line: Line | None, captions: Collection[str], links: Collection[str], meta: Metadata) -> Block:
    if line is None:
        return block
    if line.text in captions:
        return Block(block.text, block.heading, markup_kind=SpanKind.CAPTION)
    return replace(
        block,
        heading=block.heading or line.tag in HEADINGS,
        linked=line.text in links,
        headline=_is_headline(line, meta),
    )


def _is_headline(line: Line, meta: Metadata) -> bool:
    """Whether a line is the article's name and no part of its text: an h1 that says the title and stands in a header,
    right in a section or article, is called a headline by its class, or has no class around it. What stands in a container
    for the writer's own text is the writer's."""
    if line.tag != "h1" or line.block is None or not meta.confirmed or fold(line.text) != fold(meta.title):
        return False
    above = line.block.getparent()
    in_header = next(line.block.iterancestors("header", "hgroup"), None) is not None
    in_section = above is not None and above.tag in SECTIONING
    return in_header or in_section or not line.hint.strip() or HEADLINE_HINT.search(line.hint) is not None


def _apart(block: Block) -> Block:
    """A block of another story that the page appends."""
    return Block(block.text, block.heading, markup_kind=SpanKind.BOILERPLATE)


def _head_lines(lines: Sequence[Line], blocks: Sequence[Block], meta: Metadata) -> list[Line]:
    """What stands between the title and the first paragraph."""
    start = next(
        (n for n, line in enumerate(lines) if line.tag == "h1" and fold(line.text) == fold(meta.heading)), None
    )
    if start is None:
        return []
    first = {fold(block.text)[:40] for block in blocks[:4] if len(block.text) > 80}
    head: list[Line] = []
    for line in lines[start + 1 : start + 1 + HEAD_MOST]:
        if (
            fold(line.text)[:40] in first
            and without_dots(line.text) == line.text
            and len(head) > 0
            and not _is_deck_text(line, meta)
        ):
            break
        head.append(line)
    return head


def _is_deck_text(line: Line, meta: Metadata) -> bool:
    """Descriptions are often cut."""
    said, described = fold(line.text), fold(without_dots(meta.description))
    if said == described or len(described) < DESCRIBED_LEAST:
        return said == described != ""
    return said.startswith(described)


def _deck(head: Sequence[Line], blocks: Sequence[Block], meta: Metadata, grammar: Grammar) -> str:
    """The standfirst: near the title, a sentence, and said so by its class or by the page's description.

    What only repeats the lead is a teaser.
    """
    texts = [block for block in blocks if len(block.text) > 60][:4]
    titles = {fold(title) for title in (meta.title, *meta.titles)}
    for n, line in enumerate(head):
        named = DECK_HINT.search(line.hint) is not None or (n < NEAR_TITLE and _stands_as_deck(line, blocks))
        if not 25 <= len(line.text) <= 500 or line.linked > 0.5 or not (named or _is_deck_text(line, meta)):
            continue
        if (
            fold(line.text) in titles
            or line_spans(line.text, "first", grammar)
            or _repeats(line.text, texts)
            or CAPTION.search(line.hint)
        ):
            continue
        if (
            any(fold(block.text) == fold(line.text) for block in blocks)
            and not named
            and _alone_with_lead(line, blocks)
        ):
            continue
        return line.text
    return ""


def _stands_as_deck(line: Line, blocks: Sequence[Block]) -> bool:
    """A sentence between the heading and the text that is no part of the text."""
    sentence = DECK_LEAST <= len(line.text) <= DECK_MOST and SENTENCE_END.search(line.text) is not None
    return sentence and not line.linked and line.tag in DECK_TAGS and all(block.text != line.text for block in blocks)


def _alone_with_lead(line: Line, blocks: Sequence[Block]) -> bool:
    """A description that is simply the first paragraph is no standfirst."""
    return len(line.text) > 0 and line.tag == "p" and fold(blocks[0].text) == fold(line.text)


def _repeats(text: str, blocks: Sequence[Block]) -> bool:
    said = fold(without_dots(text))
    return any(fold(block.text).startswith(said[:120]) and fold(block.text) != said for block in blocks)


def _as_deck(block: Block, deck: str) -> Block:
    return (
        Block(block.text, block.heading, markup_kind=SpanKind.DECK)
        if deck and fold(block.text) == fold(deck)
        else block
    )


def _head_block(line: Line, grammar: Grammar) -> Block | None:
    """Bylines and time stamps of the head, kept as what they are."""
    spans = line_spans(line.text, "first", grammar)
    return Block(line.text) if spans and spans[0].is_whole_block else None


# ---------------------------------------------------------------- the article


def assembled(
    url: str,
    meta: Metadata,
    deck: str,
    cleaned: Cleaned,
    lines: Sequence[Line],
    published: Moment | None,
    grammar: Grammar,
) -> Article:
    """The Article of what was found: the agency, the dateline and the mark are read from the spans."""
    agency = _agency(cleaned.spans, meta, lines, grammar)
    disclaimed = any(span.kind is SpanKind.DISCLAIMER and _syndicates(span) for span in cleaned.spans)
    return Article(
        url=url,
        title=meta.title,
        body=cleaned.body,
        spans=cleaned.spans,
        deck=deck,
        byline=meta.authors or _bylines(cleaned.spans),
        agency=agency,
        syndicated=bool(agency) or disclaimed,
        dateline=_dateline(cleaned.spans, published, grammar),
        published=published,
        updated=meta.updated,
        lang=meta.lang,
        canonical_url=meta.canonical_url,
        kind=kind_of(url, meta.declared, meta.title, cleaned.body, lines, (meta.heading, *meta.titles)),
        section=meta.section,
        picture=meta.picture,
        licence=meta.licence,
        signals=meta.signals,
        sources=meta.sources,
        mark=mark_of((meta.title, meta.heading), cleaned.spans, grammar),
    )


def _signed(spans: Sequence[Span]) -> bool:
    """Whether an agency signs among them: then the page is a news story, whatever it declares."""
    return any(span.agencies for span in spans if span.kind in STRONG)


def _syndicates(span: Span) -> bool:
    return re.search(r"(?i)feed|agenc|syndicat|wire|फीड|통신", span.text) is not None


def _agency(spans: Sequence[Span], meta: Metadata, lines: Sequence[Line], grammar: Grammar) -> str:
    """The first agency named where agencies sign: dateline, byline, end, credit, metadata, a line marked as byline."""
    for kind in STRONG:
        for span in spans:
            if span.kind is kind and span.agencies and span.rule != "derived from":
                return span.agencies[0]
    for author in meta.authors:
        if named := agencies_signed(author, grammar):
            return named[0]
    marked = (line.text for line in lines if len(line.text) < 80 and BYLINE_HINT.search(line.hint))
    named = next((found for text in marked if (found := plain_agencies_in(text, grammar))), ())
    derived = (agency for span in spans for agency in span.agencies if span.rule == "derived from")
    return named[0] if named else next(derived, "")


def _bylines(spans: Sequence[Span]) -> tuple[str, ...]:
    texts = [span.text for span in spans if span.kind is SpanKind.BYLINE and span.rule == "byline"]
    names = (
        re.sub(r"^\W*(?:[Bb][Yy]|[Vv]on|[Pp]ar|[Pp]or|[Dd]i)\s+", "", re.split(r"[|•·]", text)[0]) for text in texts
    )
    return tuple(dict.fromkeys(name.strip(" ,=") for name in names))


def _stamped(spans: Sequence[Span], hints: PageHints) -> Moment | None:
    moments = (byline_moment(span.text, hints) for span in spans if span.kind is SpanKind.BYLINE)
    return next((at for at in moments if at), None)


def _dateline(spans: Sequence[Span], published: Moment | None, grammar: Grammar) -> Dateline | None:
    span = next((span for span in spans if span.kind is SpanKind.DATELINE), None)
    if span is None:
        return None
    place, day = dateline_parts(span, grammar)
    return Dateline(place, _filed(day, published, grammar), span.text.strip())


def _filed(day: str, published: Moment | None, grammar: Grammar) -> Moment | None:
    """The dateline's day; a year that it leaves out is the one nearest to when the article came out."""
    said = dateline_day(day, grammar)
    if said is None or (said[0] is None and published is None):
        return None
    year, month, date = said
    years = [year] if year else []
    near = years or [published.value.year + shift for shift in (0, -1, 1)] if published else years
    moments = [at for year in near if (at := read_moment(f"{year}-{month:02d}-{date:02d}", Basis.DATELINE))]
    if published is None or years:
        return moments[0] if moments else None
    return min(moments, key=lambda at: abs(at.value - published.value), default=None)
