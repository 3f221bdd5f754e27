"""Authors as feeds write them, beside addresses of mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.mail_names import mail_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("mara@harbour.international (Mara Quist)", ("Mara Quist",)),
        ("Mara Quist <mara@harbour.press>", ("Mara Quist",)),
        ('"Quist, Mara" <mara@harbour.press>', ("Quist, Mara",)),
        ("mara@harbour.press", ()),
        ("mara@harbour.press ()", ()),
        ("mailto:mara@harbour.press?subject=Hello (Mara Quist)", ("Mara Quist",)),
        ("mara@harbour.press (Mara Quist (AFP))", ("Mara Quist (AFP)",)),
        ("mara@a.press (Mara Quist), lev@b.museum (Lev Ostrov)", ("Mara Quist", "Lev Ostrov")),
        ("Mara Quist <mara@a.press>; Lev Ostrov <lev@b.press>", ("Mara Quist", "Lev Ostrov")),
        ("Mara Quist - mara@harbour.press", ("Mara Quist",)),
        ("Mara Quist | mara@harbour.press", ("Mara Quist",)),
        ("jörg@küste.köln (Jörg Möwe)", ("Jörg Möwe",)),
        ("мара@гавань.рф (Мара Квист)", ("Мара Квист",)),
        ("mara [at] harbour.press (Mara Quist)", ("Mara Quist",)),
        ("Mara Quist @maraquist", ("Mara Quist @maraquist",)),
        ("Mara Quist", ("Mara Quist",)),
        ("", ()),
    ],
)
def test_names_stand_beside_addresses(text: str, names: tuple[str, ...]) -> None:
    assert mail_names(text) == names


NAMES = st.from_regex(r"[A-ZÄÖÅ][a-zäöå]{1,8} [A-ZÄÖÅ][a-zäöå]{1,10}", fullmatch=True)
ADDRESSES = st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9})?@[a-z]{2,12}(-[a-z]{1,9})?\.[a-z]{2,20}", fullmatch=True)


@given(NAMES, ADDRESSES)
def test_every_form_gives_the_name(name: str, address: str) -> None:
    forms = (
        f"{address} ({name})",
        f"{name} <{address}>",
        f"{name} ({address})",
        f'"{name}" <{address}>',
        f"{name}, {address}",
    )
    assert {mail_names(form) for form in forms} == {(name,)}
