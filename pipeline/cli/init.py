"""``copydesk init``: a config to edit, in a folder of its own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Commands
from pipeline.cli.terminal import show_line
from pipeline.errors import UsageError

NAME = "feeds.toml"


def init(
    folder: Annotated[Path, typer.Argument(help="Where it goes; default here.", file_okay=False)] = Path(),
) -> None:
    """Write an annotated feeds.toml to edit. A file that is there already stays as it is."""
    file = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(files("pipeline.data").joinpath("feeds.example.toml").read_text(encoding="utf-8"))
    except FileExistsError:
        raise UsageError("is there already", concerns=str(file), todo="edit it, or name another folder") from None
    show_line(f"{file}: set contact, keep the feeds you want; then copydesk run --feeds {file}, or copydesk up")


COMMANDS: Commands = (("init", "copydesk init news", init),)
