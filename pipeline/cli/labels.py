"""``copydesk labels ...``: pairs of texts that the machine decided by a hair, what persons said, and both texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import MOST, AsJson, FeedsFile, config_of_store, now, open_stored
from pipeline.cli.terminal import note, print_json, show_line
from pipeline.model import PairAnswer, PairLabel, Question, WholeCopy
from pipeline.records import Record

labels_app = typer.Typer(
    help="A person's answers to what the machine decided by a hair.",
    no_args_is_help=True,
    epilog="Example: copydesk labels export --out labels.jsonl",
)
Person = Annotated[str, typer.Option("--by", help="Who says so.")]


@labels_app.command("questions", epilog="Example: copydesk labels questions --json")
def labels_questions(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Pairs that wait for a person, the least sure first."""
    from pipeline import words
    from pipeline.store.reads.review import open_questions

    with open_stored(feeds) as store:
        questions = open_questions(store)
    if as_json:
        print_json(map(question_record, questions))
        return
    for question in questions:
        show_line(f"article {question.article_id}, story {question.story_id}: {words.question(question)}")


@labels_app.command("answer", epilog="Example: copydesk labels answer 812 77 same --by Ines")
def labels_answer(
    article_id: Annotated[int, typer.Argument(metavar="ARTICLE", help="As questions shows it.", min=1, max=MOST)],
    story_id: Annotated[int, typer.Argument(metavar="STORY", help="As questions shows it.", min=1, max=MOST)],
    answer: Annotated[PairAnswer, typer.Argument(help="Whether they are one story.")],
    person: Person = "",
    feeds: FeedsFile = None,
) -> None:
    """Say whether an article and a story are one; the stories follow, and the machine never undoes it."""
    from pipeline.steps.review import answer_question

    label = answer_question(config_of_store(feeds), article_id, story_id, answer, person, now())
    show_line(f"answer {label.id}; undo with: copydesk labels undo {label.id}")


@labels_app.command("undo", epilog="Example: copydesk labels undo 3")
def labels_undo(
    label_id: Annotated[int, typer.Argument(metavar="ANSWER", help="As answer shows it.", min=1, max=MOST)],
    person: Person = "",
    feeds: FeedsFile = None,
) -> None:
    """Take an answer back, with what it moved."""
    from pipeline.steps.review import take_back_answer

    take_back_answer(config_of_store(feeds), label_id, person, now())
    show_line(f"answer {label_id} is taken back")


@labels_app.command("export", epilog="Example: copydesk labels export --out labels.jsonl")
def labels_export(
    out: Annotated[Path | None, typer.Option(help="Where the lines go; default stdout.", dir_okay=False)] = None,
    feeds: FeedsFile = None,
) -> None:
    """Every answer with both texts, a JSON record a line: what make quality LABELS=FILE measures by."""
    from pipeline.jsonl import write_jsonl
    from pipeline.steps.review import labelled_pairs

    with open_stored(feeds) as store:
        rows = [label_record(*pair) for pair in labelled_pairs(store)]
    if out is None:
        print_json(rows)
        return
    write_jsonl(out, rows, "id")
    note(f"{len(rows):,} answers written")


def question_record(question: Question) -> Record:
    """Return a pair of texts that waits for a person: ``copydesk labels questions``."""
    return {
        "article_id": question.article_id,
        "other_id": question.other_id,
        "story_id": question.story_id,
        "home_id": question.home_id,
        "kind": question.kind.value,
        "score": question.score,
        "reason": question.reason,
    }


def label_record(label: PairLabel, article: WholeCopy, other_article: WholeCopy) -> Record:
    """Return a person's answer to a pair of texts, with both: ``copydesk labels export``."""
    return {
        "id": label.id,
        "answer": label.answer.value,
        "kind": label.kind.value,
        "score": label.score,
        "person": label.person,
        "at": label.at.isoformat(),
        "article": _labelled_text(article),
        "other": _labelled_text(other_article),
    }


def _labelled_text(copy: WholeCopy) -> Record:
    """Return a text as ``copydesk cluster`` reads it."""
    article = copy.record.article
    published = article.published.value if article.published else copy.record.seen_at
    return {
        "id": str(copy.record.id),
        "outlet": copy.record.outlet,
        "published": published.isoformat(),
        "title": article.title,
        "text": "\n".join(article.body),
    }
