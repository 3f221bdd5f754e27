"""Tokens and shingles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalize import PLAIN_MARKS
from pipeline.text.shingles import TOKEN, distinct, hashed, running_hashes, tokens
from pipeline.text.spelling import fold

MARKED = st.sampled_from(["don", "t", "US", "1,000", "9.5", *"aZ09.,'\"- $%", *(mark for mark, _ in PLAIN_MARKS)])
SPACED = st.characters(max_codepoint=0x2FFF, exclude_categories=("Cs", "Cn"))


@given(st.text(SPACED) | st.text(st.characters(max_codepoint=0x7F)) | st.lists(MARKED).map("".join))
def test_the_quick_way_finds_the_same_tokens(text: str) -> None:
    assert tokens(text) == TOKEN.findall(fold(text))


def test_every_script_has_tokens() -> None:
    assert tokens("“It’s 3.5 °C”, said Łukasz — İzmir") == ["it", "s", "3", "5", "c", "said", "łukasz", "izmir"]
    assert tokens("पानी बढ़ रहा है।") == ["पानी", "बढ", "रहा", "है"]
    assert tokens("東京で4人") == ["东", "京", "で", "4", "人"]


@given(st.lists(st.sampled_from(["one", "two", "three", "four", "five", "six"])))
def test_a_run_of_four_is_a_shingle(words: list[str]) -> None:
    runs = {tuple(words[n : n + 4]) for n in range(max(len(words) - 3, 1))} if words else set()
    assert len(distinct(running_hashes(hashed(words)))) == len(runs)


@given(st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=12))
def test_a_run_has_one_hash_wherever_it_stands(words: list[str]) -> None:
    runs = [tuple(words[n : n + 4]) for n in range(max(len(words) - 3, 1))] if words else []
    hashes = running_hashes(hashed(words)).tolist()
    assert len(hashes) == len(runs)
    assert len(set(zip(runs, hashes, strict=True))) == len(set(runs)) == len(set(hashes))


def test_every_bit_of_a_hash_is_chance() -> None:
    hashes = running_hashes(hashed(f"word{n}" for n in range(20_000)))
    for bit in range(64):
        assert abs(((hashes >> bit) & 1).mean() - 0.5) < 0.02
