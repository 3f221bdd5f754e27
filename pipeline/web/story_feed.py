"""A search for stories as a feed to subscribe to: each story once, whatever outlets carry it."""

from __future__ import annotations

from enum import StrEnum

from fastapi import Request, Response

from pipeline.export.story_feeds import FeedHead, StoryItem, atom_feed, json_feed
from pipeline.model import Story, StoryFilter, Version
from pipeline.store import Store
from pipeline.store.reads.story_list import list_stories
from pipeline.store.reads.views import versions_of

# The newest stories that a feed lists.
ITEMS = 50


class FeedForm(StrEnum):
    """The form of a feed."""

    ATOM = "atom"
    JSON_FEED = "feed"


FORMS = {
    FeedForm.ATOM: (atom_feed, "application/atom+xml"),
    FeedForm.JSON_FEED: (json_feed, "application/feed+json"),
}


def story_feed(
    request: Request, store: Store, filters: StoryFilter, form: FeedForm, page: str, title: str = "Copydesk stories"
) -> Response:
    """Return the newest stories that match as a feed; ``page`` is its address for persons."""
    stories = list_stories(store, filters, ITEMS)
    make, media_type = FORMS[form]
    versions = versions_of(store, [story.id for story in stories])
    root = site_root(request)
    items = [_item(story, versions.get(story.id), root) for story in stories if not story.withdrawn]
    head = FeedHead(title, str(request.url), str(request.url), page)
    return Response(make(head, items), media_type=media_type)


def site_root(request: Request) -> str:
    """Return the address below which the pages are, also of a request to the API."""
    path = request.scope.get("root_path", "").removesuffix("/api/v1")
    return f"{request.url.scheme}://{request.url.netloc}{path}"


def _item(story: Story, version: Version | None, root: str) -> StoryItem:
    page = f"{root}/story/{story.id}"
    summary = version.body[0] if version and version.body else ""
    return StoryItem(page, page, story.title, summary, story.first_seen, story.updated_at, story.lang, story.agency)
