"""Invitations to read on, told from text by their form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.invitations import is_invitation, load_labels, opens_links

HEADLINE = "Council asks for a second vessel"


@pytest.mark.parametrize(
    "text",
    [
        f"Read also: {HEADLINE}",
        f"RELATED: {HEADLINE}",
        f"[Related: {HEADLINE}]",
        f"▶ Read more – {HEADLINE}",
        f"WATCH | {HEADLINE}",
        "Lire aussi Le conseil demande un second navire",
        "Lesen Sie auch: Rat will ein zweites Schiff",
        "ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ: Το συμβούλιο ζητά δεύτερο πλοίο",
        "Читайте также: Совет просит второе судно",
        "یہ بھی پڑھیں: کونسل دوسرا جہاز چاہتی ہے",
        "ಇದನ್ನೂ ಓದಿ: ಎರಡನೇ ಹಡಗು ಬೇಕು",
        "関連記事：議会が二隻目を要求",
        "Shuningdek o’qing: Kengash ikkinchi kemani so‘radi",
        "اقرأ أيضًا: المجلس يطلب سفينة ثانية",
        "[관련기사] 의회, 두 번째 선박 요구",
        "Read more",
        "Mehr zum Thema",
    ],
)
def test_a_label_and_a_headline_invite_on_news(text: str) -> None:
    assert is_invitation(text, 0.0, news=True)
    assert not is_invitation(text, 0.0, news=False)


@pytest.mark.parametrize(
    "text",
    [
        "Read more than ten books and you will know.",
        "Related costs rose in spring",
        "Read more about the winches that held.",
        "Watch: the bridge opens at noon",
        "See also:",
        "Read also the second part, which is longer.",
        "Lire aussi vite que possible",
        "関連する会社が増えた。",
    ],
)
def test_a_line_that_goes_on_as_a_sentence_is_text(text: str) -> None:
    assert not is_invitation(text, 0.0, news=True)


def share(text: str, link: str) -> float:
    return len(link) / len(text)


def test_on_any_page_a_label_a_mark_and_a_link_invite() -> None:
    for label in ("Read also: ", "RELATED | ", "Lesen Sie auch – ", "関連記事：", "Читайте также → "):
        text = label + HEADLINE
        assert is_invitation(text, share(text, HEADLINE), news=False)
        assert is_invitation(text, 1.0, news=False)
    assert not is_invitation(f"Read also {HEADLINE}", 1.0, news=False)
    assert not is_invitation(f"See: {HEADLINE}", 1.0, news=False)
    assert not is_invitation(f"Read more: {HEADLINE}", 1.0, news=False)


def test_a_word_invites_ahead_of_a_link_or_in_capitals() -> None:
    assert is_invitation(f"Watch: {HEADLINE}", share(f"Watch: {HEADLINE}", HEADLINE), news=True)
    assert is_invitation(f"WATCH: {HEADLINE}", 0.0, news=True)
    assert not is_invitation(f"Watch: {HEADLINE}", 0.0, news=True)


def test_a_phrase_that_goes_on_invites_ahead_of_a_link() -> None:
    text = f"Read more about the ferry: {HEADLINE}"
    assert is_invitation(text, share(text, HEADLINE), news=True)
    assert not is_invitation(text, 0.0, news=True)
    assert not is_invitation(text, share(text, HEADLINE), news=False)


def test_a_link_in_capitals_is_a_headline() -> None:
    assert is_invitation(HEADLINE.upper(), 1.0, news=True)
    assert not is_invitation(HEADLINE.upper(), 0.5, news=True)
    assert not is_invitation(HEADLINE.upper(), 1.0, news=False)
    assert not is_invitation(HEADLINE, 1.0, news=True)
    assert not is_invitation("THE NORTH QUAY", 1.0, news=True)


def test_a_label_alone_opens_links() -> None:
    assert opens_links("Read also:")
    assert not opens_links("The report:")


@given(st.text(max_size=300), st.floats(0, 1), st.booleans())
def test_no_text_raises(text: str, linked: float, news: bool) -> None:
    assert is_invitation(text, linked, news=news) in (True, False)


def test_the_longest_label_counts() -> None:
    match = load_labels()["more"].match("Read more on this: the quay")
    assert match is not None
    assert match["label"] == "Read more on this"
