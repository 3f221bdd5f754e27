"""Stories of a whole run on the newsstand: real HTTP, real children, a real store, and the truth beside it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import Figures
from newsstand.score import scores
from newsstand.server import running_newsstand
from pipeline import steps
from pipeline.config import load

HOURS, MORE = 42, 24


def desk(_options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """B-cubed of the stories, and the share of those with three copies or more that carry the agency's text."""
    start = datetime.now(UTC)
    with running_newsstand(hour=HOURS, speed=0, slow=0) as stand:
        stand.write_config(folder / "feeds.toml", folder / "home")
        config = load(folder / "feeds.toml", {})
        steps.run_once(config, start)
        stand.advance(MORE)
        steps.run_once(config, start + timedelta(days=2))
        with steps.open_for(config) as store:
            measured = scores(store, stand.truth())
    table = Table("Newsstand", "B-cubed F1", "Agency's text", "of stories with 3 copies", "Bulletins merged")
    table.add_row(
        f"{HOURS} + {MORE} hours", f"{measured.f1:.3f}", str(measured.exact), str(measured.judged), str(measured.merged)
    )
    console.print(table)
    return {
        "newsstand.f1": measured.f1,
        "newsstand.canonical": measured.exact_share,
        "newsstand.merged": measured.merged,
    }
