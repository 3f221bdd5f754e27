"""Tags, and words of classes and ids, that the figures of a line ask for. Names of markup, in no outlet's own words."""

from __future__ import annotations

# The element a line stands in.
TAGS = (
    "p", "div", "span", "h1", "h2", "h3", "h4", "h5", "li", "td", "th", "blockquote", "figcaption", "pre", "section",
    "article", "a", "em", "strong", "dd", "dt", "b", "br",
)  # fmt: skip
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Elements anywhere around it.
ANCESTOR_TAGS = (
    "article", "main", "aside", "footer", "header", "nav", "form", "figure", "ul", "ol", "table", "blockquote",
    "section", "details", "dialog",
)  # fmt: skip
# Anywhere in the classes and ids right around a line.
HINTS = (
    "article", "body", "content", "text", "story", "entry", "post", "main", "paragraph", "para", "lead", "deck",
    "standfirst", "intro", "summary", "caption", "credit", "photo", "image", "figure", "gallery", "byline", "author",
    "date", "time", "meta", "tag", "share", "social", "related", "more", "read", "recommend", "promo", "newsletter",
    "subscribe", "sign", "comment", "footer", "header", "nav", "menu", "sidebar", "aside", "widget", "ad", "advert",
    "banner", "cookie", "consent", "modal", "popup", "breadcrumb", "copyright", "legal", "disclaimer", "list", "item",
    "table", "quote", "embed", "twitter", "tweet", "video", "player", "live", "timeline", "update", "paywall", "title",
    "headline", "subtitle", "teaser", "card",
)  # fmt: skip
# Whole words of the classes and ids of any element above.
NAME_WORDS = (
    "comment", "related", "share", "social", "footer", "nav", "menu", "sidebar", "promo", "newsletter", "author", "bio",
    "ad", "recommend", "popular", "widget", "caption", "gallery", "recirc", "outbrain", "taboola", "article", "content",
    "story", "entry", "body",
)  # fmt: skip
