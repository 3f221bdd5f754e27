"""Pages made to choke their reader: each ends in its child, in bounds, and the rest of its batch is read."""

from __future__ import annotations

import gzip
import resource
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from pipeline.config import ExtractConfig
from pipeline.errors import ExtractError, ExtractionKilled, NotAnArticle
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.extract.shape import check_shape
from pipeline.model import Article, PageHints
from pipeline.process_pool import TimeLimits

SENTENCES = [f"Sentence {n} says what the harbour authority found under the quay on Monday." for n in range(6)]
GIGABYTE = 1_000_000_000


def page(inside: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>Quay closed</title>{head}</head><body>{inside}</body></html>".encode()


GOOD = page("<article><h1>Quay closed</h1>" + "".join(f"<p>{text}</p>" for text in SENTENCES) + "</article>")
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE html [<!ENTITY e0 "aaaaaaaaaa">{ENTITIES}]>'
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>&e11;</p></body></html>'


def attributes(count: int) -> str:
    return " ".join(f"a{n}=1" for n in range(count))


HOSTILE = {
    "entities in entities": (BOMB + XHTML).encode(),
    "entities in XHTML": ('<?xml version="1.0"?>' + BOMB + XHTML).encode(),
    "entities without end": page("&lt;" * 2_000_000),
    "100,000 attributes": page(f"<p {attributes(100_000)}>x</p>"),
    "100,000 attributes on html": f"<html {attributes(100_000)}><body><p>x</p></body></html>".encode(),
    "200,000 comments opened": page("<!--" * 200_000),
    "200,000 comments": page("<!-- x -->" * 200_000),
    "200,000 declarations": page("<!" * 200_000),
    "nested 100,000 deep": page("<div>" * 100_000 + "text"),
    "nested 100,000 deep and closed": page("<div>" * 100_000 + "text" + "</div>" * 100_000),
    "lists in lists": page("<ul><li>" * 30_000),
    "formats never closed": page("<b><i><a href=x>" * 10_000 + "text"),
    "tables in tables": page("<table><tr><td>" * 20_000),
    "60 MB of words": page("<p>" + "word " * 12_000_000),
    "60 MB of paragraphs": page("<p>All the news that is fit to print.</p>" * 1_500_000),
    "60 MB in one attribute": page(f"<p title='{'x' * 60_000_000}'>x</p>"),
    "JSON-LD nested 100,000 deep": page("x", "<script type='application/ld+json'>" + "[" * 100_000 + "</script>"),
    "gzip of 100 MB": gzip.compress(bytes(100_000_000), 1),
    "binary": bytes(range(256)) * 4_000,
}  # fmt: skip


HIDDEN = page("<p " + " ".join(f"a{n}='>'" for n in range(100_000)) + ">x</p>")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A child that has 6 s of processor time for a page."""
    with Sandbox(ExtractConfig(workers=1, cpu_seconds=6, memory=GIGABYTE)) as pool:
        yield pool


def submitted(sandbox: Sandbox, body: bytes) -> Future[Article]:
    return sandbox.submit(ExtractJob(body, "https://o.example/story", PageHints()))


def most_memory() -> int:
    """In a child: the most memory that it had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def unforeseen(error: BaseException | None) -> ExtractError:
    return ExtractError(repr(error))


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_page_made_to_choke_ends_alone_and_in_bounds(sandbox: Sandbox, kind: str) -> None:
    hostile, good = submitted(sandbox, HOSTILE[kind]), submitted(sandbox, GOOD)
    error = hostile.exception()
    assert error is None or isinstance(error, ExtractError)
    assert "too long" not in str(error)
    assert "died" not in str(error)
    assert good.result().body == tuple(SENTENCES)
    assert sandbox.run(most_memory, TimeLimits(5.0, 60.0), unforeseen).result() < GIGABYTE


def test_entities_do_not_grow(sandbox: Sandbox) -> None:
    body = "".join(f"<p>{text} &e11;</p>" for text in SENTENCES)
    article = submitted(sandbox, (BOMB + f"<html><body><article>{body}</article></body></html>").encode()).result()
    assert len("".join(article.body)) < 2 * len("".join(SENTENCES))


def test_what_is_foreseen_by_no_rule_ends_by_time(sandbox: Sandbox) -> None:
    hostile, good = submitted(sandbox, HIDDEN), submitted(sandbox, GOOD)
    with pytest.raises(ExtractionKilled, match="too long"):
        hostile.result()
    assert good.result().body == tuple(SENTENCES)


def test_a_batch_of_all_of_them_completes() -> None:
    with Sandbox(ExtractConfig(workers=2, cpu_seconds=6, memory=GIGABYTE)) as pool:
        pages = [body for hostile in HOSTILE.values() for body in (hostile, GOOD)]
        futures = [submitted(pool, body) for body in pages]
        assert all(future.exception() is None for future in futures[1::2])


@pytest.mark.parametrize(("tag", "count"), [("p", 100_000), ("html", 20_000)])
def test_a_tag_of_attributes_is_refused_and_said(tag: str, count: int) -> None:
    with pytest.raises(NotAnArticle, match=f"{count} attributes on one tag"):
        check_shape(f"<{tag} {attributes(count)}>".encode())


def test_tags_without_number_are_refused_and_said() -> None:
    with pytest.raises(NotAnArticle, match="500000 tags"):
        check_shape(b"<p>All the news" * 500_000)
    check_shape(b"<p>All the news" * 300_000)


@pytest.mark.parametrize(
    "inside",
    [
        f"<p {attributes(9_000)}>x</p>",
        f"<p title='{'word ' * 50_000}'>x</p>",
        f"<script>if (a <b) c = [{'1, ' * 50_000}]</script>",
        f"<STYLE>a <b {'c ' * 50_000}</STYLE>",
        f"a <b, {'word ' * 3_000}",
    ],
)
def test_what_only_looks_like_one_is_not(inside: str) -> None:
    check_shape(page(inside))
