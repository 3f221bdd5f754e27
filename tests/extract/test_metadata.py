"""What a page says about itself: JSON-LD as pages write it, dates, authors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import html

from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.model import Basis, PageHints

DAY = "2025-08-24T08:00:00+00:00"
LATER = "2025-09-01T08:00:00+00:00"
PAGE = {"@type": "WebPage"}
ARTICLE = {"@type": "NewsArticle", "headline": "Quay closed"}


def read(head: str = "", body: str = "<p>Text.</p>") -> Metadata:
    tree = html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    return read_metadata(tree, "https://o.example/quay", [], PageHints())


def linked(*objects: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(objects)}</script>'


@pytest.mark.parametrize(
    "form",
    ["{}", "{};", "<![CDATA[{}]]>", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/{}/*]]>*/", "{}{{}}", '[{}, {{"a": 1,}},]'],
)  # fmt: skip
def test_json_ld_as_pages_write_it(form: str) -> None:
    text = form.format(json.dumps({**ARTICLE, "datePublished": DAY}))
    found = read(f'<script type="application/ld+json">{text}</script>')
    assert (found.title, found.published and found.published.value.isoformat()) == ("Quay closed", DAY)


def test_json_ld_that_is_broken_says_nothing() -> None:
    assert read('<script type="application/ld+json">{"headline": </script>').title == ""


@pytest.mark.parametrize(
    ("head", "body", "basis"),
    [
        (linked({**PAGE, "datePublished": LATER}, {**ARTICLE, "datePublished": DAY}), "", Basis.JSON_LD),
        (linked({**PAGE, "datePublished": DAY}, ARTICLE), f"<time datetime='{LATER}'></time>", Basis.JSON_LD),
        (f'{linked({**PAGE, "datePublished": LATER})}<meta name="pubdate" content="{DAY}">', "", Basis.META),
        ("", f"<time class='modified' datetime='{LATER}'></time><time datetime='{DAY}'></time>", Basis.PAGE),
        ("", "<time>August 24, 2025</time>", Basis.PAGE),
        ("", "<time datetime='24-08-2025'>24-08-2025</time><time datetime='2025-08-24'>24/8</time>", Basis.PAGE),
    ],
)  # fmt: skip
def test_the_day_it_was_published(head: str, body: str, basis: Basis) -> None:
    found = read(head, body or "<p>Text.</p>").published
    assert found is not None
    assert (found.value.date().isoformat(), found.basis) == (DAY[:10], basis)


@pytest.mark.parametrize(
    ("author", "meta", "names"),
    [
        ([{"name": "Ann Lee"}, {"name": "Bo Ek"}, {"name": "Ann Lee"}], {}, ("Ann Lee", "Bo Ek")),
        ("By Ann Lee and Bo Ek", {}, ("Ann Lee", "Bo Ek")),
        ({"name": "Lee and Partners"}, {}, ("Lee and Partners",)),
        ({"name": "Reuters"}, {}, ("Reuters",)),
        ({"@id": "#ann"}, {}, ("Ann Lee",)),
        ({"name": "a.lee@o.example"}, {"author": "Ann Lee"}, ("Ann Lee",)),
        ("https://o.example/people/7", {"article:author": "https://o.example/7", "x.author": "Ann Lee"}, ("Ann Lee",)),
        ("#", {}, ()),
        ({"@id": ["#ann"]}, {"author": "Ann Lee", "z.author": "The Example"}, ("Ann Lee",)),
    ],
)
def test_authors(author: Any, meta: dict[str, str], names: tuple[str, ...]) -> None:
    elements = "".join(f'<meta name="{name}" content="{text}">' for name, text in meta.items())
    person = {"@type": "Person", "@id": "#ann", "name": "Ann Lee"}
    assert read(elements + linked({**ARTICLE, "author": author}, person)).authors == names
