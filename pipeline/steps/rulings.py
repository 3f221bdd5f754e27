"""Rulings of a person: stories merged and split, and repeated lines that are text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.config import Config
from pipeline.extract.template import deck_key, line_key
from pipeline.model import LineRuling, RuledLine
from pipeline.steps.canonical import text_chooser
from pipeline.steps.context import open_for


def keep_line(config: Config, outlet: str, text: str, now: datetime, person: str = "") -> None:
    """Rule that a line the outlet repeats is text; :func:`replay_articles` puts it back. It restores no other line of
    its place.
    """
    rule_line(config, outlet, RuledLine(text, LineRuling.TEXT, person, now))


def rule_line(config: Config, outlet: str, line: RuledLine) -> None:
    """Rule on a line that the outlet repeats. :func:`replay_articles` brings the stored texts in line with it."""
    forget_line(config, outlet, line.text)
    with open_for(config) as store:
        store.templates.rule_line(outlet, line_key(line.text), line)
        if line.ruling is LineRuling.TEXT:
            for key in (line_key(line.text), deck_key(line.text)):
                store.templates.keep_line(outlet, key, line.text, line.at)


def forget_line(config: Config, outlet: str, text: str) -> bool:
    """Undo what was ruled on a line; return whether there was anything to undo."""
    with open_for(config) as store:
        forgotten = [store.templates.forget_kept(outlet, key) for key in (line_key(text), deck_key(text))]
        return store.templates.forget_ruling(outlet, line_key(text)) or any(forgotten)


def merge_stories(config: Config, target: int, sources: Sequence[int], now: datetime, reason: str = "") -> None:
    """Merge the ``sources`` into the ``target``; their addresses lead there from now on. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        store.rulings.merge_all(target, sources, now, text_chooser(config), reason)


def unmerge_story(config: Config, source: int, now: datetime, reason: str = "") -> int:
    """Undo a merge: the copies of ``source`` are its own again; return the story that had them. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        return store.rulings.unmerge(source, now, text_chooser(config), reason)


def split_story(config: Config, source: int, articles: Sequence[int], now: datetime, reason: str = "") -> int:
    """Move some copies of a story into a new one; return its id. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        return store.rulings.split(source, articles, now, text_chooser(config), reason)


def choose_story_text(config: Config, story_id: int, article_id: int | None, now: datetime, reason: str = "") -> None:
    """Let a story show the text of this copy; None leaves the choice to the rules again. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        store.rulings.choose_text(story_id, article_id, now, text_chooser(config), reason)
