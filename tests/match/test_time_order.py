"""The order in which a poll's articles are placed: of the same minute, the earlier published one first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.match.batch import in_time_order
from pipeline.model import Article, ArticleRecord, Basis, Moment, Precision

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)


def record(number: int, published: Moment | None, seen_at: datetime = NOW) -> ArticleRecord:
    article = Article(url=f"https://outlet.example/{number}", title="Ferry strike", body=("One.",), published=published)
    return ArticleRecord(number, number, "Outlet", False, seen_at, article)


def hours_ago(hours: float, precision: Precision = Precision.SECOND) -> Moment:
    return Moment(NOW - timedelta(hours=hours), precision, Basis.JSON_LD)


def placed(*records: ArticleRecord) -> list[int]:
    return [article.id for article in in_time_order(records)]


def test_an_update_that_was_fetched_first_is_placed_behind_its_text() -> None:
    assert placed(record(1, hours_ago(1)), record(2, hours_ago(6))) == [2, 1]


def test_what_an_earlier_poll_brought_comes_first() -> None:
    assert placed(record(1, hours_ago(6)), record(2, hours_ago(1), NOW - timedelta(minutes=5))) == [2, 1]


@pytest.mark.parametrize("unsure", [None, hours_ago(30, Precision.DAY), hours_ago(-48)])
def test_a_time_that_is_not_known_says_nothing(unsure: Moment | None) -> None:
    assert placed(record(1, unsure), record(2, None), record(3, hours_ago(2))) == [3, 1, 2]
