"""What outlets write never acts on a terminal, in whatever table or line it stands; JSON stays JSON."""

from __future__ import annotations

import io
import json
import re
from types import FunctionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from pipeline import words
from pipeline.cli import pickup, story, tables
from pipeline.cli.terminal import grid, joined, json_text, plain
from pipeline.text.visible import HARMFUL, visible
from tests.cli.samples import OWN_WORDS, RENDERINGS, render

# Text that tried: markup, terminal links, escapes, bells, direction overrides, halves of pairs.
HOSTILE = (
    "a \\[b] c", "[link=https://evil.example]x[/link]", "[/]", "[bold", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    "\x1b[31mred", "\x9b31m", "\x00\x07\x08\x7f", "\u202egnp.exe", "\u2066x\u2069", "\u200f\u061c\u200e", "\ud800",
    "line\nline\r\x85\u2028line", ":warning:", "\\", "[[]]", "\\[/]",
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join)
)
# Rich's own line ends aside, nothing that acts may be on the screen.
ON_SCREEN = re.compile(f"[{HARMFUL}]".replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


def screen(rendering: object, width: int, colours: str | None = None) -> str:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=True, width=width, color_system=colours, markup=False, emoji=False, highlight=False
    )  # type: ignore[arg-type]
    for part in rendering if isinstance(rendering, list) else [rendering]:
        console.print(part)
    return file.getvalue()


@pytest.mark.parametrize("name", RENDERINGS)
@settings(max_examples=25, deadline=None)
@given(text=TEXTS, width=st.sampled_from([20, 80, 200]))
def test_no_text_acts_on_a_terminal(name: str, text: str, width: int) -> None:
    assert not ON_SCREEN.search(screen(render(name, text), width))
    assert "\x1b]8" not in screen(render(name, text), width, "truecolor")


@pytest.mark.parametrize("name", RENDERINGS)
def test_plain_text_stands_as_it_is(name: str) -> None:
    assert "[sic] \\[x] 50%" in " ".join(screen(render(name, "[sic] \\[x] 50%"), 1000).split())


def test_every_maker_of_tables_and_lines_is_tried() -> None:
    makers = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in (tables, story, pickup)
        for name, maker in vars(module).items()
        if isinstance(maker, FunctionType) and maker.__module__ == module.__name__
        if re.search("^[^_].*_(tables?|lines?)$", name)
    }
    assert makers - set(OWN_WORDS) == set(RENDERINGS)


def test_joiners_of_persian_and_hindi_stay() -> None:
    assert visible("می\u200cشود क्\u200dष") == "می\u200cشود क्\u200dष"


@given(TEXTS)
def test_visible_text_is_one_line_and_stays(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert len(visible(text).splitlines()) <= 1


@given(st.recursive(TEXTS | st.integers() | st.none(), lambda part: st.lists(part) | st.dictionaries(TEXTS, part)))
def test_json_round_trips_and_holds_nothing_that_acts(value: object) -> None:
    for ascii_only in (False, True):
        written = json_text({"value": value}, ascii_only)
        assert not re.search(f"[{HARMFUL}]", written)
        assert json.loads(written) == {"value": value}
    assert json_text({"title": "Müller, 東京"}) == '{"title": "Müller, 東京"}'


def test_a_styled_part_keeps_its_style_and_a_string_is_no_markup() -> None:
    line = joined("[red]a[/] ", plain("b", "bold"))
    assert (line.plain, [span.style for span in line.spans]) == ("[red]a[/] b", ["bold"])


def test_columns_are_flush_right_or_whole_by_their_names() -> None:
    table = grid("T", ("A", "B>", "C!"), [("1", "2", "3")])
    assert [(column.header, column.justify, column.no_wrap) for column in table.columns] == [
        ("A", "left", False),
        ("B", "right", False),
        ("C", "left", True),
    ]


@pytest.mark.parametrize(("share", "figure"), [(0, "0"), (0.29, "29"), (0.994, "99"), (0.9999, "99"), (1, "100")])
def test_a_hundred_per_cent_is_the_whole(share: float, figure: str) -> None:
    assert words.percent(share) == figure
