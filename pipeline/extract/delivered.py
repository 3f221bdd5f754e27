"""An item that its agency delivered whole, as an Article: no page to search, only the agency's own lines to mark."""

from __future__ import annotations

from dataclasses import replace

from lxml import html

from pipeline.errors import NotAnArticle
from pipeline.extract.assemble import assembled
from pipeline.extract.frame import frame_lines
from pipeline.extract.kind import Declared
from pipeline.extract.lines import page_lines
from pipeline.extract.metadata import Metadata
from pipeline.model import Article, Delivered, PageHints, PageKind, SpanKind, VersionKind
from pipeline.text.boilerplate import Block, clean
from pipeline.text.grammar import Grammar, agencies_in


def delivered_article(page: bytes, url: str, hints: PageHints, grammar: Grammar) -> Article:
    """The article of an item; its agency is the provider. Raises NotAnArticle where it has no text and ends nothing."""
    item = hints.delivered or Delivered(url)
    lines = page_lines(html.document_fromstring(page, parser=html.HTMLParser(encoding="utf-8")))
    frame = frame_lines(lines, url, (hints.title,))
    blocks = [
        Block(line.text, line.tag == "h2", markup_kind=SpanKind.PROMO if line.text in frame else None)
        for line in lines
        if line.tag not in ("h1", "title")
    ]
    if not blocks and not item.withdrawn:
        raise NotAnArticle("the item holds no text", concerns=url)
    cleaned = clean(blocks, hints.title, grammar, (), hints.authors)
    article = assembled(url, _item_metadata(hints, item), hints.summary, cleaned, (), hints.published, grammar)
    agency = next(iter(agencies_in(item.agency, grammar)), "") or item.agency or article.agency
    mark = _mark(item, article.mark)
    return replace(article, agency=agency, syndicated=bool(agency), mark=mark, kind=PageKind.ARTICLE)


def _mark(item: Delivered, written: VersionKind) -> VersionKind:
    """The item's own status outweighs what its headline says, save that a later version may be a correction."""
    plain = item.mark in (VersionKind.ORIGINAL, VersionKind.UPDATE)
    return written if plain and written is not VersionKind.ORIGINAL else item.mark


def _item_metadata(hints: PageHints, item: Delivered) -> Metadata:
    """Return what the item says of itself, in the place of what a page would."""
    return Metadata(
        title=hints.title,
        heading=hints.title,
        titles=(),
        description=hints.summary,
        authors=hints.authors,
        published=hints.published,
        updated=None,
        lang=hints.lang.replace("_", "-").split("-")[0].lower()[:8],
        canonical_url="",
        site="",
        article_body="",
        declared=Declared(frozenset()),
        section="",
        picture=None,
        licence=item.rights,
        signals=(),
        sources=(),
    )
