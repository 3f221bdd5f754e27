"""A person's word on stories and lines: ``copydesk merge``, ``split``, ``canonical`` and ``keep``."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.options import MOST, Commands, FeedsFile, StoryId, config_of_store, now
from pipeline.cli.terminal import show_line
from pipeline.errors import UsageError


def keep(
    outlet: Annotated[str, typer.Argument(help="The outlet's name.")],
    line: Annotated[str, typer.Argument(help="A line that was taken off because the outlet repeats it.")],
    forget: Annotated[bool, typer.Option("--forget", help="Undo: let the line be taken off again.")] = False,
    feeds: FeedsFile = None,
) -> None:
    """Call a repeated line text. The next replay puts it back wherever it was taken off."""
    from pipeline.steps.rulings import forget_line, keep_line

    config = config_of_store(feeds)
    if not forget:
        keep_line(config, outlet, line, now())
    elif not forget_line(config, outlet, line):
        raise UsageError("no such line is kept", concerns=f"{outlet}: {line}")


def merge(
    stories: Annotated[
        list[int],
        typer.Argument(metavar="INTO OTHER...", help="The story that stays, then the others.", min=1, max=MOST),
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Make these merged stories stories of their own again.")] = False,
    feeds: FeedsFile = None,
) -> None:
    """Make one story of several. The others lead there from now on, and the machine never takes them apart."""
    from pipeline.steps.rulings import merge_stories, unmerge_story

    config = config_of_store(feeds)
    if undo:
        for merged in stories:
            show_line(f"story {merged} is out of story {unmerge_story(config, merged, now())} again")
        return
    numbers = " ".join(map(str, stories))
    if len(stories) < 2 or len(set(stories)) < len(stories):
        raise UsageError("name the story that stays, and at least one other", concerns=numbers)
    merge_stories(config, stories[0], stories[1:], now())
    undoing = f"copydesk merge --undo {' '.join(map(str, stories[1:]))}"
    show_line(f"merged into story {stories[0]}; undo with: {undoing}")


def split(
    story_id: Annotated[int, typer.Argument(metavar="STORY", help="The story that they are in.", min=1, max=MOST)],
    articles: Annotated[
        list[int],
        typer.Argument(metavar="ARTICLE...", help="The copies that are another story.", min=1, max=MOST),
    ],
    feeds: FeedsFile = None,
) -> None:
    """Give some copies of a story one of their own, which the machine never merges back."""
    from pipeline.steps.rulings import split_story

    new_story = split_story(config_of_store(feeds), story_id, articles, now())
    show_line(f"story {new_story}; undo with: copydesk merge {story_id} {new_story}")


def canonical(
    story_id: StoryId,
    article_id: Annotated[
        int | None, typer.Argument(metavar="ARTICLE", help="The copy whose text it is.", min=1, max=MOST)
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Leave the choice to the rules again.")] = False,
    feeds: FeedsFile = None,
) -> None:
    """Let a story show the text of this copy, until its agency files a newer edition."""
    from pipeline.steps.rulings import choose_story_text

    if undo == (article_id is not None):
        raise UsageError("name a copy, or give --undo", concerns=f"story {story_id}")
    choose_story_text(config_of_store(feeds), story_id, article_id, now(), reason)
    show_line(f"story {story_id}: {'the rules choose' if undo else f'the text of article {article_id}'}")


COMMANDS: Commands = (
    ("merge", "copydesk merge 12 15 17     Undo: copydesk merge --undo 15", merge),
    (
        "split",
        "copydesk split 12 40 41     (articles as copydesk story 12 --json names them)",
        split,
    ),
    ("canonical", "copydesk canonical 12 40 --reason 'the others were cut'", canonical),
    ("keep", "copydesk keep 'Harbour Post' 'The tide tables are on page two.'", keep),
)
