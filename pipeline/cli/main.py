"""``copydesk ...``: exit 0 on success, 1 on failure with one line on stderr, 2 on bad usage."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer

from pipeline import log
from pipeline.cli import (
    backfill,
    corpus,
    corrections,
    downstream,
    init,
    kills,
    locks,
    pages,
    pickup,
    reading,
    run,
    serve,
)
from pipeline.cli.failures import DEBUG, FAILED, INTERRUPTED, TERMINATED, ending
from pipeline.cli.feeds import feeds_app
from pipeline.cli.labels import labels_app
from pipeline.cli.serve import tokens_app
from pipeline.cli.terminal import ERR, note, plain
from pipeline.cli.views import views_app
from pipeline.errors import UsageError

app = typer.Typer(
    name="copydesk",
    help="One canonical version of every syndicated story, with every copy's place in it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
# In the order of the help; a group's file names its commands.
COMMANDS = (
    *init.COMMANDS,
    *run.COMMANDS,
    *serve.COMMANDS,
    *reading.COMMANDS,
    *downstream.COMMANDS,
    *pickup.COMMANDS,
    *corrections.COMMANDS,
    *kills.COMMANDS,
    *locks.COMMANDS,
    *pages.COMMANDS,
    *corpus.COMMANDS,
    *backfill.COMMANDS,
)
for name, example, command in COMMANDS:
    app.command(name, epilog=f"Example: {example}")(command)
app.add_typer(feeds_app, name="feeds")
app.add_typer(labels_app, name="labels")
app.add_typer(tokens_app, name="tokens")
app.add_typer(views_app, name="views")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"copydesk {version('copydesk')}")
        raise typer.Exit


@app.callback(epilog="Example: copydesk --debug run --once")
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where a failure happened in the code.")] = False,
    log_level: Annotated[str, typer.Option(help=f"What is logged on stderr: {', '.join(log.LEVELS)}.")] = "warning",
    log_json: Annotated[bool, typer.Option("--log-json", help="The log as JSON lines, for programs.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """One canonical version of every syndicated story, with every copy's place in it."""
    if log_level not in log.LEVELS:
        raise UsageError(f"no level {log_level!r}", concerns="--log-level", todo=f"give one of {', '.join(log.LEVELS)}")
    DEBUG.set(debug)
    log.configure(log_level, log_json)


class Terminated:
    """SIGTERM ends a command as Ctrl-C does, children with it; ``happened`` tells the two apart."""

    def __init__(self) -> None:
        self.happened = False

    def __call__(self, _number: int, _frame: Any) -> None:
        self.happened = True
        # A shell has what it starts in the background ignore Ctrl-C, and with it what stands for it here.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.raise_signal(signal.SIGINT)


def main() -> None:
    """Run a command. The one place where failures become a line, and an exit code."""
    terminated = Terminated()
    signal.signal(signal.SIGTERM, terminated)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = _run_app()
    finally:
        # The system takes all memory back: to look through it for cycles first takes .2 s.
        gc.freeze()
    sys.exit(TERMINATED if terminated.happened and code == INTERRUPTED else code)


def _run_app() -> int:
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else FAILED
        return _interrupted() if code == INTERRUPTED else _flushed(code)
    except BrokenPipeError:
        return _silenced()
    except BaseException as error:  # noqa: BLE001 - the step records the failure: it is the last one
        return _failed(error)
    return _flushed(0)


def _interrupted() -> int:
    # Asked again, as by one who has little patience, it ends no sooner.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return _failed(KeyboardInterrupt())


def _failed(error: BaseException) -> int:
    end = ending(error)
    if DEBUG.get():
        ERR.print(plain_lines(log.mask_secrets("".join(traceback.format_exception(error)))), soft_wrap=True)
    for line in end.lines:
        note(plain(f"copydesk: {line}", "red"))
    return _flushed(end.code, end.lines)


def _flushed(code: int, lines: Sequence[str] = ()) -> int:
    """What is still in the buffer may find its reader gone, or fail as what was said in these ``lines`` did."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _silenced()
    except OSError as error:
        problem = ending(error).lines[0]
        if problem not in lines:
            note(plain(f"copydesk: {problem}", "red"))
        _to_nowhere()
        return FAILED
    return code


def _silenced() -> int:
    """Whoever read has gone (``| head``), and knows it."""
    _to_nowhere()
    return FAILED


def _to_nowhere() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain_lines(text: str) -> str:
    """Return lines from outside, each as a terminal may show it."""
    return "\n".join(plain(line).plain for line in text.splitlines())


if __name__ == "__main__":
    main()
