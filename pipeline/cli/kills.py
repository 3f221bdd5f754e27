"""``copydesk withdraw`` and ``remove``: a person takes a text back; ``--dry-run`` shows what it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import records
from pipeline.cli.options import AsJson, Commands, FeedsFile, StoryId, config_of_store, now, open_stored
from pipeline.cli.terminal import print_json, show_line
from pipeline.errors import StoreError
from pipeline.model import KillReach, Trace
from pipeline.words import plural

if TYPE_CHECKING:
    from pipeline.store.kills import KillAct

Reason = Annotated[str, typer.Option(help="Why, for the log and the tombstone.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what it would reach, and do nothing.")]


def withdraw(
    story_id: StoryId,
    reason: Reason,
    undo: Annotated[bool, typer.Option("--undo", help="Restore what a person withdrew.")] = False,
    dry_run: DryRun = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw a story, as its agency would: no text of it is to be used, and the change log says so."""
    from pipeline.steps.kills import restore_story, withdraw_story

    act: KillAct = "restore" if undo else "withdraw"
    if dry_run:
        _show_reach(feeds, story_id, act, as_json)
        return
    config = config_of_store(feeds)
    if undo:
        restore_story(config, story_id, reason, now())
        show_line(f"story {story_id} is restored")
        return
    withdraw_story(config, story_id, reason, now())
    show_line(f"story {story_id} is withdrawn; undo with: copydesk withdraw --undo {story_id} --reason ...")


def remove(
    story_id: StoryId,
    reason: Reason,
    prove: Annotated[bool, typer.Option("--prove", help="Look for the text everywhere; exit 1 where it is.")] = False,
    text: Annotated[list[str] | None, typer.Option(help="With --prove: look for this text too.")] = None,
    dry_run: DryRun = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Erase a story's text for good: from rows, entries, spans and archive. A tombstone stays. No undo."""
    from pipeline.steps.kills import remove_story

    if dry_run:
        _show_reach(feeds, story_id, "remove", as_json)
        return
    config, before = config_of_store(feeds), _log_end(feeds)
    texts = remove_story(config, story_id, reason, now())
    traces = _find_traces(feeds, story_id, before, [*texts, *(text or ())]) if prove else []
    if as_json:
        print_json(map(records.trace_record, traces))
    else:
        show_line(f"story {story_id} is removed; its id, addresses, times and reason stay")
        for trace in traces:
            show_line(f"{trace.path}: {trace.texts} texts sought, {', '.join(trace.places) or 'none is there'}")
    if any(trace.places for trace in traces):
        raise StoreError("the text is still there", concerns=f"story {story_id}", todo="see the places above")


def _log_end(feeds: FeedsFile) -> str:
    from pipeline.store.reads.changes import log_end

    with open_stored(feeds) as store:
        return log_end(store)


def _find_traces(feeds: FeedsFile, story_id: int, before: str, texts: list[str]) -> list[Trace]:
    """Return all places where the texts were looked for: what is stored, then what is given to readers."""
    from pipeline.cli.proof import Proof
    from pipeline.steps.kills import find_traces

    config = config_of_store(feeds)
    return [*find_traces(config, texts), *Proof(config, feeds, story_id, before, texts).traces()]


def _show_reach(feeds: FeedsFile, story_id: int, act: KillAct, as_json: bool) -> None:
    with open_stored(feeds) as store:
        reach = store.kills.reach(story_id, act)
    if as_json:
        print_json([reach_record(reach)])
        return
    show_line(f"{act} would reach story {reach.story_id} ({reach.status.value}): ", reach.title)
    copies = f"{plural(reach.copies, 'copy', 'copies')} of {plural(len(reach.outlets), 'outlet', 'outlets')}"
    show_line(f"  {copies}: ", ", ".join(reach.outlets))
    versions = plural(reach.versions, "version", "versions")
    show_line(f"  {versions}, {plural(reach.pages, 'archived page', 'archived pages')}")
    for words, numbers in (("merged stories that lead to it", reach.merged), ("versions of stories", reach.quoting)):
        if numbers:
            show_line(f"  {words}: {', '.join(map(str, numbers))}")
    show_line("nothing was done")


def reach_record(reach: KillReach) -> dict[str, Any]:
    """Return what a kill would reach: ``copydesk withdraw --dry-run`` and ``copydesk remove --dry-run``."""
    return {
        "story": reach.story_id,
        "title": reach.title,
        "status": reach.status.value,
        "outlets": list(reach.outlets),
        "copies": reach.copies,
        "versions": reach.versions,
        "pages": reach.pages,
        "merged": list(reach.merged),
        "quoting": list(reach.quoting),
    }


COMMANDS: Commands = (
    (
        "withdraw",
        "copydesk withdraw 12 --reason 'legal advice'     Undo: copydesk withdraw --undo 12 --reason error",
        withdraw,
    ),
    ("remove", "copydesk remove 12 --reason 'court order 7/25' --prove     First: --dry-run", remove),
)
