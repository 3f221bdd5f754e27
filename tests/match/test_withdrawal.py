"""The story that a withdrawal notice means."""

from __future__ import annotations

from pipeline.match.withdrawal import withdrawn_story
from pipeline.model import Article

TITLES = {1: ["Ferry sails again after nine days in harbour"], 2: ["渡轮停航九天后恢复航行"], 3: ["Ferry sails"]}


def notice(title: str, *body: str) -> int | None:
    return withdrawn_story(Article("", title, body, ()), TITLES)


def test_a_notice_quotes_the_headline_or_a_long_part_of_it() -> None:
    assert notice("KILL", "Kill the story headlined 'Ferry sails again after nine days in harbour.'") == 1
    assert notice("Retracted: Ferry sails again after nine days") == 1
    assert notice("撤稿", "请勿使用《渡轮停航九天后恢复航行》一稿。") == 2


def test_short_headlines_and_other_words_mean_no_story() -> None:
    assert notice("KILL: Ferry sails") is None
    assert notice("KILL", "Do not use our story on the harbour ----------------------------.") is None
