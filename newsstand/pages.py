"""An outlet's pages and feeds as bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from newsstand.outlets import Item, Outlet

TYPES = {
    "rss20": "application/rss+xml",
    "rss10": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
    "sitemap": "application/xml",
    "html": "text/html",
}
MOST = 80


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def page(outlet: Outlet, item: Item, outlet_items: Sequence[Item], base: str) -> bytes:
    """The item in its outlet's template, with other stories of the outlet around it."""
    related = [neighbour for neighbour in outlet_items if neighbour.path != item.path and neighbour.lang == item.lang]
    lead = item.paragraphs[0]
    template = _environment().get_template(f"{outlet.template}.html")
    html = template.render(
        outlet=outlet, item=item, related=related, url=base + item.path, host=base.removeprefix("http://"),
        teaser=" ".join(lead.split()[:16]) + " ..." if " " in lead else lead[:40] + " ...",
        deck=f"The essentials in one minute: {item.title}", half=(len(item.paragraphs) + 1) // 2, json_ld=_json_ld(outlet, item, base),
    )  # fmt: skip
    return html.encode()


def _json_ld(outlet: Outlet, item: Item, base: str) -> str:
    fields = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "url": base + item.path,
        "datePublished": item.published.isoformat(),
        "dateModified": item.updated.isoformat(),
        "author": {"@type": "Organization", "name": item.agency or outlet.name},
        "publisher": {"@type": "Organization", "name": outlet.name},
    }
    # The template escapes what is put into it; JSON inside a script must not be, but for the end of the script.
    return Markup(json.dumps(fields, ensure_ascii=False).replace("</", "<\\/"))  # noqa: S704


def feed(outlet: Outlet, items: Sequence[Item], base: str) -> bytes:
    """The outlet's feed in its format."""
    kinds = {"rss20": _rss20, "rss10": _rss10, "atom": _atom, "json": _json, "sitemap": _sitemap, "html": _html}
    return kinds[outlet.feed](outlet, items[:MOST], base).encode()


def _rss20(outlet: Outlet, items: Sequence[Item], base: str) -> str:
    rows = "".join(
        f"<item><title>{escape(i.title)}</title><link>{base}{i.path}</link>"
        f'<guid isPermaLink="false">{escape(i.guid)}</guid><pubDate>{format_datetime(i.published)}</pubDate>'
        f"<category>{escape(i.category)}</category>{_content(outlet, i)}</item>\n"
        for i in items
    )
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    head = f"<title>{escape(outlet.name)}</title><link>{base}/</link><description>News</description><ttl>5</ttl>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {space}><channel>{head}\n{rows}</channel></rss>'


def _content(outlet: Outlet, item: Item) -> str:
    if not outlet.full_text:
        return f"<description>{escape(item.paragraphs[0][:160])}</description>"
    body = "".join(f"<p>{escape(text)}</p>" for text in item.paragraphs)
    return f"<content:encoded><![CDATA[{body}]]></content:encoded>"


def _rss10(outlet: Outlet, items: Sequence[Item], base: str) -> str:
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(base + i.path)}/>" for i in items)
    rows = "".join(
        f"<item rdf:about={quoteattr(base + i.path)}><title>{escape(i.title)}</title><link>{base}{i.path}</link>"
        f"<dc:date>{i.published.isoformat()}</dc:date></item>\n"
        for i in items
    )
    spaces = (
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    head = f"<title>{escape(outlet.name)}</title><link>{base}/</link><items><rdf:Seq>{listed}</rdf:Seq></items>"
    channel = f'<channel rdf:about="{base}/feed">{head}</channel>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF {spaces}>{channel}\n{rows}</rdf:RDF>'


def _atom(outlet: Outlet, items: Sequence[Item], base: str) -> str:
    rows = "".join(
        f"<entry><title>{escape(i.title)}</title><id>tag:{escape(i.guid)}</id><link href={quoteattr(base + i.path)}/>"
        f"<published>{i.published.isoformat()}</published><updated>{i.updated.isoformat()}</updated>"
        f"<summary>{escape(i.paragraphs[0][:160])}</summary></entry>\n"
        for i in items
    )
    newest = max((i.updated for i in items), default=datetime.now().astimezone()).isoformat()
    head = f"<title>{escape(outlet.name)}</title><id>{base}/</id><updated>{newest}</updated>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">{head}\n{rows}</feed>'


def _json(outlet: Outlet, items: Sequence[Item], base: str) -> str:
    rows = [
        {"id": i.guid, "url": base + i.path, "title": i.title, "date_published": i.published.isoformat(),
         "date_modified": i.updated.isoformat(), "language": i.lang}
        for i in items
    ]  # fmt: skip
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps(
        {"version": version, "title": outlet.name, "home_page_url": base, "items": rows}, ensure_ascii=False
    )


def _sitemap(outlet: Outlet, items: Sequence[Item], base: str) -> str:
    rows = "".join(
        f"<url><loc>{base}{i.path}</loc><lastmod>{i.updated.isoformat()}</lastmod><news:news><news:publication>"
        f"<news:name>{escape(outlet.name)}</news:name><news:language>{i.lang}</news:language></news:publication>"
        f"<news:publication_date>{i.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(i.title)}</news:title></news:news></url>\n"
        for i in items
    )
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {spaces}>\n{rows}</urlset>'


def _html(outlet: Outlet, _items: Sequence[Item], _base: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{escape(outlet.name)}</title></head><body>We have moved.</body></html>"


def front_page(outlet: Outlet, listed: Sequence[Item], feed_path: str) -> str:
    """Return the outlet's front page: links to its newest items, and to its feed."""
    feed_link = f'<link rel="alternate" type="{TYPES[outlet.feed]}" href="{feed_path}">'
    links = "".join(f'<li><a href="{item.path}">{escape(item.title)}</a></li>' for item in listed[:MOST])
    return (
        f"<!doctype html><title>{escape(outlet.name)}</title>{feed_link}<h1>{escape(outlet.name)}</h1><ul>{links}</ul>"
    )
