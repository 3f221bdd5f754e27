"""A mirror: what a job downstream has of a store, by the change log and the stories that its lines name."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pipeline.model import Change
from pipeline.read.records import Kill, StoryState
from pipeline.read.store_reader import StoreReader
from pipeline.store import Store


def own_part(state: StoryState) -> StoryState:
    """Return a story's state without what is another story's: a link's title, an origin's agency. The log names the
    story that changed, not those that quote its title."""
    if state.provenance is None:
        return state
    links = tuple(replace(link, title="") if link.story_id else link for link in state.provenance.links)
    # Links are listed by kind and score, of the same score by their articles.
    origins = tuple(replace(origin, agency="") for origin in state.provenance.origins)
    return replace(state, provenance=replace(state.provenance, links=links, origins=origins))


def whole_store(store: Store) -> tuple[dict[int, StoryState], list[Kill], str]:
    """Return every story's state, all kills, and the cursor, in one view."""
    with StoreReader(store).snapshot() as snapshot:
        states = {state.head.story: own_part(state) for state in snapshot.states}
        return states, list(snapshot.kills), snapshot.info.cursor


class Mirror:
    """Stories by their ids, and the lines read; it starts empty, or from a snapshot."""

    def __init__(self, random: Random) -> None:
        self.states: dict[int, StoryState] = {}
        self.lines: list[Change] = []
        self.cursor = ""
        self._random = random

    def start_from(self, store: Store) -> None:
        """Take the whole store as it is, as a new reader does."""
        self.states, _, self.cursor = whole_store(store)
        self.lines = []

    def follow(self, store: Store, most: int = 0) -> int:
        """Read pages of random length to the log's end, or ``most`` of them. Return how many lines there were."""
        reader, lines, pages = StoreReader(store), 0, 0
        while not most or pages < most:
            page = reader.changes(self.cursor, limit=self._random.choice((1, 3, 20, 1000)), state="full")
            if not page.lines:
                break
            assert page.lines[0].seq == page.lines[0].tx
            self.states |= {number: own_part(state) for number, state in page.states.items()}
            self.lines += page.lines
            self.cursor, lines, pages = page.cursor, lines + len(page.lines), pages + 1
        return lines
