"""Where blocks stand, and what the reading left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from pipeline.extract.lines import page_lines
from pipeline.extract.place import with_places
from pipeline.model import Article, Span, SpanKind
from pipeline.text.boilerplate import Cleaned, rebuild

SENTENCES = tuple(
    f"The {word} was opened on Monday after three years of work, and will be free to all until the summer."
    for word in ("bridge", "library", "station", "garden", "theatre", "school")
)


def page_of(parts: str) -> object:
    return html.fromstring(f"<html><body>{parts}</body></html>")


def paragraphs(texts: tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def placed(parts: str, article: Article) -> Article:
    tree = page_of(parts)
    return with_places(article, page_lines(tree), tree.find(".//body"))  # type: ignore[attr-defined]


def test_what_was_left_out_is_an_aside_at_its_place() -> None:
    parts = (
        f"<h1>Openings</h1><div class='chunk lead'>{paragraphs(SENTENCES[:2])}</div>"
        f"<div class='chunk'>{paragraphs(SENTENCES[2:4])}</div>"
    )
    article = placed(parts, Article("u", "Openings", SENTENCES[:2]))
    assert article.body == SENTENCES[:2]
    assert [(span.kind, span.text, span.block) for span in article.spans] == [
        (SpanKind.ASIDE, SENTENCES[2], 2),
        (SpanKind.ASIDE, SENTENCES[3], 3),
    ]
    assert set(article.places) == {">div.chunk>p."}


def test_another_article_further_down_is_none_of_its_asides() -> None:
    for heading in ("<h1>More</h1>", "<h2>More</h2>"):
        parts = f"<div>{paragraphs(SENTENCES[:2])}</div>{heading}<div>{paragraphs(SENTENCES[2:])}</div>"
        assert placed(parts, Article("u", "", SENTENCES[:2])).spans == ()


def test_what_stands_beside_the_text_is_no_aside() -> None:
    parts = (
        f"<div>{paragraphs(SENTENCES[:1])}</div><aside>{paragraphs(SENTENCES[1:3])}</aside><p>{SENTENCES[3][:40]}</p>"
    )
    assert placed(parts, Article("u", "", SENTENCES[:1])).spans == ()


def test_numbers_in_classes_do_not_tell_pages_apart() -> None:
    places = [placed(f"<div class='post-{n}'>{paragraphs(SENTENCES)}</div>", Article("u", "", SENTENCES)).places
              for n in (17, 4711)]  # fmt: skip
    assert places[0] == places[1] == (">div.post-0>p.",) * 6


@given(st.sets(st.integers(0, 5), min_size=1), st.sets(st.integers(0, 5)))
def test_blocks_keep_their_order_and_texts(body_places: set[int], span_places: set[int]) -> None:
    read = sorted(body_places | span_places)
    blocks = tuple(SENTENCES[n] for n in read)
    spans = tuple(Span(SpanKind.PROMO, SENTENCES[n], "rule", read.index(n)) for n in sorted(span_places - body_places))
    article = Article("u", "", tuple(SENTENCES[n] for n in sorted(body_places)), spans)
    placed_article = placed(f"<div>{paragraphs(SENTENCES)}</div>", article)
    assert rebuild(Cleaned(article.body, article.spans)) == blocks
    assert rebuild(Cleaned(placed_article.body, placed_article.spans)) == SENTENCES
    assert len(placed_article.places) == 6
