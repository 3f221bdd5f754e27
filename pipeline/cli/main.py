"""``copydesk ...``: exit 0 on success, 1 on failure with one line on stderr, 2 on bad usage."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import story as show_story
from pipeline.cli import tables as show
from pipeline.cli.feeds import feeds_app
from pipeline.cli.locks import locks
from pipeline.cli.options import AsJson, FeedsFile, Limit, config_of, now
from pipeline.cli.outcomes import outcomes
from pipeline.config import Config
from pipeline.errors import CopydeskError, UsageError
from pipeline.model import FetchResult, PageHints

app = typer.Typer(
    name="copydesk",
    help="One canonical version of every syndicated story, with every copy's place in it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(feeds_app, name="feeds")
app.command("locks", epilog="Example: copydesk locks --free")(locks)
app.command("outcomes", epilog="Example: copydesk outcomes --hosts --days 30 --json")(outcomes)


@app.command(epilog="Example: copydesk run --feeds feeds.toml --once")
def run(
    feeds: FeedsFile = None,
    once: Annotated[
        bool, typer.Option("--once", help="One pass, then end. Without it, a pass every 5 minutes.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between passes.", min=1)] = 300.0,
    as_json: AsJson = False,
) -> None:
    """One whole pass without Airflow: poll, fetch, extract, cluster, publish."""
    config = config_of(feeds)
    if not config.feeds:
        raise UsageError("there are no feeds", concerns="run", todo="name a file with --feeds, see feeds.example.toml")
    _run_once(config, as_json)
    while not once:
        _wait(every)
        _run_once(config, as_json)


def _run_once(config: Config, as_json: bool) -> None:
    from pipeline.extract.sandbox import warm_up

    warm_up()  # its fork server imports the extractor while the rest is imported here
    from pipeline import steps

    with show.bars(quiet=as_json) as progress:
        reports = steps.run_once(config, now(), progress)
    if as_json:
        for report in reports:
            show.line(show.report_json(report))
        return
    with steps.open_for(config) as store:
        from pipeline.store.reads.views import counts

        show.reports(reports, counts(store))


def _wait(seconds: float) -> None:
    import time

    time.sleep(seconds)


@app.command(epilog="Example: copydesk extract page.html --url https://outlet.example/story --json")
def extract(
    file: Annotated[Path, typer.Argument(help="The page as fetched.", exists=True, dir_okay=False)],
    url: Annotated[str, typer.Option(help="The address it was fetched from.")],
    outlet: Annotated[str, typer.Option(help="The outlet's name.")] = "",
    country: Annotated[str, typer.Option(help="The outlet's country (ISO 3166, IN): decides zone names.")] = "",
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """One page: title, byline, agency, dates, body, and all that was taken off with its rule."""
    from pipeline.extract.record import article_json
    from pipeline.extract.sandbox import ExtractJob, Sandbox

    config = config_of(feeds)
    hints = PageHints(outlet=outlet, country=country)
    with Sandbox(config.extract) as sandbox:
        article = sandbox.submit(ExtractJob(file.read_bytes(), url, hints)).result()
    record = article_json(article)
    if as_json:
        show.line(record)
    else:
        show.article(record)


@app.command(epilog="Example: copydesk extract-many pages.jsonl --out articles.jsonl")
def extract_many(
    file: Annotated[Path, typer.Argument(help="JSON lines: id, url, outlet, html_path.", exists=True)],
    out: Annotated[Path, typer.Option(help="Where the records go, in the same order.")],
    feeds: FeedsFile = None,
) -> None:
    """Many pages of many outlets; what each outlet's pages repeat is learned from all of them first."""
    from pipeline.extract.many import PageFile, extract_many

    rows = read_jsonl(file, ("id", "url", "html_path"))
    pages = [PageFile(row["id"], row["url"], row.get("outlet") or "", _beside(file, row["html_path"])) for row in rows]
    failed: list[str] = []
    with show.bars(quiet=False) as progress:
        write_jsonl(out, _failures_noted(extract_many(pages, config_of(feeds).extract, progress), failed), "id")
    show.ERR.print(f"{len(pages)} pages, {len(failed)} without an article: {out}", soft_wrap=True)


def _failures_noted(records: Iterator[dict[str, Any]], failed: list[str]) -> Iterator[dict[str, Any]]:
    for record in records:
        if "error" in record:
            failed.append(record["id"])
        yield record


def _beside(file: Path, name: str) -> Path:
    """A path as written; where there is nothing, as seen from the file that names it."""
    path = Path(name)
    return path if path.exists() else file.parent / path


@app.command(epilog="Example: copydesk cluster docs.jsonl --out stories.jsonl")
def cluster(
    file: Annotated[Path, typer.Argument(help="JSON lines: id, outlet, published, title, text.", exists=True)],
    out: Annotated[Path, typer.Option(help="Where the result goes: id, story, relation, score, reason and more.")],
    feeds: FeedsFile = None,
) -> None:
    """Stories in any corpus, read in time order, one document at a time as they would arrive."""
    from pipeline.match.corpus import cluster_documents

    config = config_of(feeds)
    total = sum(1 for _ in file.open("rb"))
    with show.bars(quiet=False) as progress:
        documents = read_jsonl(file, ("id", "outlet", "published", "title", "text"))
        found = cluster_documents(documents, config.match, config.canonical)
        stories = write_jsonl(out, _watched(found, total, progress), "story")
    show.ERR.print(f"{total} documents, {stories} stories: {out}", soft_wrap=True)


@app.command(epilog="Example: copydesk lines lines.jsonl --out spans.jsonl")
def lines(
    file: Annotated[Path, typer.Argument(help="JSON lines: id, line, and position if you like.", exists=True)],
    out: Annotated[Path, typer.Option(help="Where the result goes: id, spans.")],
    feeds: FeedsFile = None,
) -> None:
    """What the grammar of agency lines says of single lines, for whoever adds an agency."""
    from pipeline.text.wire import line_spans, load_grammar

    grammar = load_grammar(config_of(feeds).extract.agencies)

    def records() -> Iterator[dict[str, Any]]:
        for row in read_jsonl(file, ("id", "line")):
            positions = [row["position"]] if row.get("position") else ["first", "last", "middle"]
            read = (line_spans(row["line"], position, grammar) for position in positions)
            spans = next((spans for spans in read if spans), ())
            yield {"id": row["id"], "spans": [show.line_span_json(span) for span in spans]}

    write_jsonl(out, records(), "id")


@app.command(epilog="Example: copydesk fetch https://outlet.example/feed.xml --json")
def fetch(
    urls: Annotated[list[str], typer.Argument(help="What to fetch.")],
    allow: Annotated[list[str] | None, typer.Option(help="HOST:PORT that may be a private address.")] = None,
    deadline: Annotated[float | None, typer.Option(help="Seconds for each, all in all.", min=0.1)] = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Each URL exactly as the poller would fetch it."""
    for result in _fetched(config_of(feeds), urls, allow, deadline):
        record = show.fetch_json(result)
        if as_json:
            show.line(record)
        else:
            show.fetched(record)


def _fetched(config: Config, urls: list[str], allow: list[str] | None, deadline: float | None) -> list[FetchResult]:
    from pipeline import steps

    return steps.fetch_urls(config, urls, tuple(allow or ()), deadline)


@app.command(epilog="Example: copydesk stories --limit 20 --json")
def stories(
    feeds: FeedsFile = None,
    limit: Limit = 50,
    agency: Annotated[str | None, typer.Option(help="Only this agency's.")] = None,
    as_json: AsJson = False,
) -> None:
    """The newest stories."""
    from pipeline import steps
    from pipeline.store.reads import views

    with steps.open_for(config_of(feeds)) as store:
        rows = views.stories(store, limit, agency=agency)
    if as_json:
        for row in rows:
            show.line(show.story_json(row))
    else:
        show.stories(rows)


@app.command(epilog="Example: copydesk doubts --limit 20")
def doubts(feeds: FeedsFile = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """Articles to look at: read with doubt, or set aside as live blogs, paywalls, galleries and the like."""
    from pipeline import steps
    from pipeline.store.reads import views

    with steps.open_for(config_of(feeds)) as store:
        rows = views.doubtful(store, limit)
    if as_json:
        for row in rows:
            show.line(show.doubt_json(row))
    else:
        show.doubts(rows)


@app.command(epilog="Example: copydesk story 12 --json")
def story(
    story_id: Annotated[int, typer.Argument(metavar="ID")], feeds: FeedsFile = None, as_json: AsJson = False
) -> None:
    """One story: its canonical text, versions and copies, whose it is, and what it is tied to."""
    from pipeline import steps
    from pipeline.store.reads import views
    from pipeline.store.reads.provenance import provenance_of

    with steps.open_for(config_of(feeds)) as store:
        head, versions, copies = views.one_story(store, story_id)
        added = views.additions_of(store, head.id)
        about = provenance_of(store, head.id)
    if as_json:
        record = show.story_json(head) | show_story.provenance_json(about)
        record["versions"] = [show_story.version_json(version) for version in versions]
        record["copies_list"] = [
            show_story.copy_json(copy) | {"adds": added.get(copy.article_id, ())} for copy in copies
        ]
        show.line(record)
    else:
        show_story.story(head, versions, copies, added, about)


@app.command(epilog="Example: copydesk changes --after 120 --json")
def changes(
    after: Annotated[int, typer.Option(help="The last cursor you have read.", min=0)] = 0,
    limit: Limit = 1000,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """The change log from a cursor on."""
    from pipeline import steps
    from pipeline.store.reads.changes import changes as read

    with steps.open_for(config_of(feeds)) as store:
        rows = read(store, after, limit)
    if as_json:
        for row in rows:
            show.line(show.change_json(row))
    else:
        show.changes(rows)


@app.command(epilog="Example: copydesk replay --outlet 'Harbour Post'")
def replay(
    outlet: Annotated[str, typer.Option(help="This outlet alone.")] = "",
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Read the archived pages again, and extract them by today's rules.")
    ] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Learn what each outlet's pages repeat, and clean all stored articles by it."""
    from pipeline.steps.replay import replay_articles
    from pipeline.steps.replay_archive import replay_archive

    if outlet and from_archive:
        raise UsageError("--outlet and --from-archive do not go together", concerns="replay")

    config = config_of(feeds)
    with show.bars(quiet=as_json) as progress:
        report = (
            replay_archive(config, now(), progress)
            if from_archive
            else replay_articles(config, now(), outlet, progress)
        )
    if as_json:
        show.line(show.report_json(report))
    else:
        show.OUT.print(", ".join(f"{number} {name}" for name, number in report.counts.items()))


@app.command(epilog="Example: copydesk keep 'Harbour Post' 'The tide tables are on page two.'")
def keep(
    outlet: Annotated[str, typer.Argument(help="The outlet's name.")],
    line: Annotated[str, typer.Argument(help="A line that was taken off because the outlet repeats it.")],
    forget: Annotated[bool, typer.Option("--forget", help="Undo: let the line be taken off again.")] = False,
    feeds: FeedsFile = None,
) -> None:
    """Call a repeated line text. The next replay puts it back wherever it was taken off."""
    from pipeline.steps.rulings import forget_line, keep_line

    if not forget:
        keep_line(config_of(feeds), outlet, line, now())
    elif not forget_line(config_of(feeds), outlet, line):
        raise UsageError("no such line is kept", concerns=f"{outlet}: {line}")


@app.command(epilog="Example: copydesk merge 12 15 17     Undo: copydesk merge --undo 15")
def merge(
    stories: Annotated[
        list[int], typer.Argument(metavar="INTO OTHER...", help="The story that stays, then the others.")
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Make these merged stories stories of their own again.")] = False,
    feeds: FeedsFile = None,
) -> None:
    """Make one story of several. The others lead there from now on, and the machine never takes them apart."""
    from pipeline.steps.rulings import merge_stories, unmerge_story

    config = config_of(feeds)
    if undo:
        for other in stories:
            show.OUT.print(f"story {other} is out of story {unmerge_story(config, other, now())} again")
        return
    if len(stories) < 2 or len(set(stories)) < len(stories):
        raise UsageError("name the story that stays, and at least one other", concerns=" ".join(map(str, stories)))
    merge_stories(config, stories[0], stories[1:], now())
    others = " ".join(map(str, stories[1:]))
    show.OUT.print(f"merged into story {stories[0]}; undo with: copydesk merge --undo {others}", soft_wrap=True)


@app.command(epilog="Example: copydesk split 12 40 41     (articles as copydesk story 12 --json names them)")
def split(
    story_id: Annotated[int, typer.Argument(metavar="STORY")],
    articles: Annotated[list[int], typer.Argument(metavar="ARTICLE...", help="The copies that are another story.")],
    feeds: FeedsFile = None,
) -> None:
    """Give some copies of a story one of their own, which the machine never merges back."""
    from pipeline.steps.rulings import split_story

    made = split_story(config_of(feeds), story_id, articles, now())
    show.OUT.print(f"story {made}; undo with: copydesk merge {story_id} {made}")


@app.command(epilog="Example: copydesk up --feeds feeds.toml")
def up(
    feeds: FeedsFile = None,
    port: Annotated[int | None, typer.Option(help="Of the UI; else the one of last time.", min=1, max=65535)] = None,
) -> None:
    """A real Airflow on this machine that runs your feeds, until Ctrl-C."""
    from pipeline.local_airflow import up as start

    path = feeds or Path(os.environ.get("COPYDESK_FEEDS", "feeds.toml"))
    start(path, port)


def read_jsonl(path: Path, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The file's records; one clear error for a line that is not JSON or lacks a field."""
    with path.open(encoding="utf-8") as rows:
        for number, text in enumerate(rows, 1):
            if text.strip():
                yield _record(text, wanted, f"{path}:{number}")


def _record(text: str, wanted: tuple[str, ...], where: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"not JSON: {error.msg}", concerns=where, todo="one JSON record a line") from None
    missing = [name for name in wanted if not isinstance(record, dict) or name not in record]
    if missing:
        raise UsageError(f"lacks {', '.join(missing)}", concerns=where, todo=f"each record has {', '.join(wanted)}")
    return dict(record)


def write_jsonl(path: Path, records: Iterator[dict[str, Any]], distinct: str) -> int:
    """Write all records, or nothing; returns how many distinct values ``distinct`` had."""
    seen = set()
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as rows:
            for record in records:
                seen.add(record[distinct])
                rows.write(json.dumps(record, ensure_ascii=False) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return len(seen)


def _watched(records: Iterator[dict[str, Any]], total: int, progress: Any) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, 1):
        if number % 50 == 0 or number == total:
            progress("cluster", number, total)
        yield record


def main() -> None:
    """The entry point: one clear line for whatever the tree of errors knows."""
    try:
        app()
    except CopydeskError as error:
        show.ERR.print(f"copydesk: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    finally:
        # The system takes all memory back: to look through it for cycles first takes .2 s.
        gc.freeze()


if __name__ == "__main__":
    main()
