"""A page to an Article.

The page is parsed once. The learned reader (``extract.reader``) chooses the lines that are the story's;
``text.boilerplate`` and the grammar of agency lines take off what in them is not.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

from lxml.etree import strip_elements

from pipeline.errors import NotAnArticle
from pipeline.extract.assemble import assembled, is_signed, stamped_moment
from pipeline.extract.frame import frame_lines
from pipeline.extract.kind import absence_reason, is_bridge
from pipeline.extract.lines import Line
from pipeline.extract.metadata import Metadata
from pipeline.extract.page import Page, parse_page
from pipeline.extract.page_data import page_data_paragraphs
from pipeline.extract.place import with_places
from pipeline.extract.reader.choice import LineChoice, choose_lines
from pipeline.extract.story_blocks import story_blocks
from pipeline.extract.template import page_keys
from pipeline.extract.trafilatura_reading import trafilatura_blocks
from pipeline.model import Article, PageHints, PageKind, SpanKind
from pipeline.text.boilerplate import Block, Cleaned, clean
from pipeline.text.grammar import Grammar
from pipeline.text.normalize import fold, reading_length
from pipeline.text.wire import agencies_signed

STORY_LEAST = 20
# Where the reader finds nothing, the page's data is read, unless the rules find more; these read data too, as one block.
DATA_SHARE = 0.8
# Under this confidence a page that does not say it is news, and marks its text as an article or as the main part, is read
# by trafilatura's rules, which look for these elements (wcxb .931 -> .940, wcxb_test_2 .944 -> .957, fundus_2 .955 -> .957,
# scrapinghub .959 -> .965, daniel .875 -> .864, each learned without its collection). On news no threshold helps: kept-back
# pages alone .70 to .79, by another reading .50 to .68; and old pages that have no such elements are read better alone.
# .85 would help 18 of wcxb_test_2's 256 pages (.840 -> .933), and lose the captions and invitations of short pages.
UNSURE = 0.8
MAIN_ELEMENTS = ("article", "main")


@dataclass(frozen=True, slots=True)
class Story:
    """The cleaned text, and the standfirst ("" for none)."""

    cleaned: Cleaned
    deck: str

    @property
    def size(self) -> float:
        """How long the text is in Latin letters."""
        return sum(map(reading_length, self.cleaned.body))


def extract_article(raw: bytes, url: str, hints: PageHints, grammar: Grammar) -> Article:
    """Return the article of a page. Raises NotAnArticle, saying why, where it holds none."""
    page = parse_page(raw, url, hints)
    meta = page.meta
    choice = choose_lines(page)
    story = _read_story(page, choice, grammar)
    cleaned = story.cleaned
    if story.size < STORY_LEAST:
        names = (meta.title, meta.heading, *meta.titles)
        raise NotAnArticle(absence_reason(meta.declared, names, page.lines, page.leads_elsewhere), concerns=url)
    published = meta.published or stamped_moment(cleaned.spans, hints)
    article = assembled(url, meta, story.deck, cleaned, page.lines, published, grammar)
    article = with_places(article, page.lines, page.body, choice.probabilities)
    if page.leads_elsewhere and is_bridge(article):
        article = replace(article, kind=PageKind.PLACEHOLDER)
    return replace(article, line_keys=page_keys(line.text for line in page.lines), agreement=choice.confidence)


def _read_story(page: Page, choice: LineChoice, grammar: Grammar) -> Story:
    news = page.meta.declared.news or any(agencies_signed(author, grammar) for author in page.meta.authors)
    read = story_blocks(page, choice, grammar)
    story = Story(_clean(read.blocks, page, grammar, news=news), read.deck)
    is_alone = news or choice.confidence >= UNSURE or is_signed(story.cleaned.spans) or not _has_main_element(page)
    if is_alone and story.size >= STORY_LEAST:
        return story
    tree = deepcopy(page.tree)
    # A template is shown by no browser until a script copies it; trafilatura reads it.
    strip_elements(tree, "template", with_tail=False)
    blocks = trafilatura_blocks(tree, page.url, fast=False)
    by_rules = Story(_clean(blocks, page, grammar, news=news), "")
    if story.size < STORY_LEAST and not page.leads_elsewhere:
        from_data = _read_data(page, grammar, news=news)
        by_rules = from_data if from_data.size >= DATA_SHARE * by_rules.size else by_rules
    return by_rules if by_rules.size >= STORY_LEAST else story


def _has_main_element(page: Page) -> bool:
    return any(element.tag in MAIN_ELEMENTS for element in page.elements)


def _read_data(page: Page, grammar: Grammar, *, news: bool) -> Story:
    blocks = [Block(text) for text in page_data_paragraphs(page.tree, page.meta.titles, page.url)]
    return Story(_clean(blocks, page, grammar, news=news), "")


def _clean(blocks: list[Block], page: Page, grammar: Grammar, *, news: bool) -> Cleaned:
    """An agency's signature makes any page a news story, whatever it declares."""
    meta = page.meta
    titles = _article_names(meta, page.lines)
    frame = frame_lines(page.lines, page.url, (meta.title, *titles))
    blocks = [replace(block, markup_kind=SpanKind.PROMO) if block.text in frame else block for block in blocks]
    cleaned = clean(blocks, meta.title, grammar, titles, meta.authors, news=news)
    if news or not is_signed(cleaned.spans):
        return cleaned
    return clean(blocks, meta.title, grammar, titles, meta.authors)


def _article_names(meta: Metadata, lines: list[Line]) -> list[str]:
    """Return the article's names, less those that are headings beside the one that names it: these are text."""
    headings = {fold(line.text) for line in lines if line.tag == "h1"}
    names = {fold(meta.title), fold(meta.heading)}
    subheads = headings - names if headings & names else frozenset()
    return [title for title in meta.titles if fold(title) not in subheads]
