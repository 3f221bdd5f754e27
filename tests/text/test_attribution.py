"""Who filed a story: by any copy's evidence, with every claim kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Article, Claim, Evidence, Span, SpanKind
from pipeline.text.attribution import attribute, attributed_agency, claims_of, contributors_of, outlet_claims
from pipeline.text.grammar import load_grammar
from pipeline.text.wire import line_spans

CLAIM = {evidence: Claim("PTI", evidence) for evidence in Evidence}


def article(*spans: Span, agency: str = "") -> Article:
    return Article("https://o.example/1", "T", ("Text.",), spans, agency=agency)


def test_claims_stand_where_agencies_sign() -> None:
    spans = (
        Span(SpanKind.DATELINE, "Delhi (PTI)", "place, credit", 0, 0, False, ("PTI",)),
        Span(SpanKind.CREDIT, "With inputs from ANI", "derived from", 4, agencies=("ANI",)),
        Span(SpanKind.TEASER, "Reuters on this", "teaser", 5, agencies=("Reuters",)),
    )
    wanted = (Claim("PTI", Evidence.DATELINE), Claim("ANI", Evidence.INPUTS))
    assert claims_of(article(*spans, agency="PTI")) == wanted
    assert claims_of(article(agency="AFP")) == (Claim("AFP", Evidence.METADATA),)
    assert claims_of(article()) == ()


def test_one_copy_in_three_that_tells_is_enough() -> None:
    attribution = attribute([("a", ()), ("b", (CLAIM[Evidence.DATELINE],)), ("c", ())])
    assert (attribution.agency, attribution.confidence) == ("PTI", 0.9)
    assert attribution.reason == "1 of 3 outlets name it, best by dateline"
    assert [(claim.copies, claim.outlets, claim.evidence) for claim in attribution.claims] == [
        (1, 1, (Evidence.DATELINE,))
    ]


def test_conflicting_claims_are_kept_and_cost_confidence() -> None:
    rival = Claim("ANI", Evidence.CREDIT)
    attribution = attribute([("a", (CLAIM[Evidence.DATELINE],)), ("b", (CLAIM[Evidence.CREDIT],)), ("c", (rival,))])
    assert attribution.agency == "PTI"
    assert 0.55 < attribution.confidence < 0.65
    assert "others name ANI" in attribution.reason
    assert [claim.agency for claim in attribution.claims] == ["PTI", "ANI"]


def test_an_outlet_speaks_once_however_many_pages_it_has() -> None:
    loud = [("loud", (Claim("ANI", Evidence.METADATA),))] * 5
    assert attribute([*loud, ("a", (CLAIM[Evidence.DATELINE],))]).agency == "PTI"


def test_an_agencys_own_page_is_the_best_evidence() -> None:
    copies = [outlet_claims("wire", (), "", "ANI"), outlet_claims("a", (CLAIM[Evidence.DATELINE],))]
    assert attribute(copies).agency == "ANI"
    assert outlet_claims("PTI", (CLAIM[Evidence.CREDIT],))[1] == (CLAIM[Evidence.CREDIT], CLAIM[Evidence.OWN_PAGE])
    assert outlet_claims("Herald", (), "AFP")[1] == (Claim("AFP", Evidence.METADATA),)


def test_inputs_count_where_nothing_else_is_said() -> None:
    inputs = Claim("ANI", Evidence.INPUTS)
    assert attribute([("a", (inputs,)), ("b", ())]).agency == "ANI"
    attribution = attribute([("a", (inputs,)), ("b", (CLAIM[Evidence.METADATA],))])
    assert (attribution.agency, attribution.confidence, len(attribution.claims)) == ("PTI", 0.6, 2)


def test_nobody_says_anything() -> None:
    attribution = attribute([("a", ()), ("b", ())])
    assert (attribution.agency, attribution.confidence, attribution.claims) == ("", 0.0, ())
    assert attribute([]).agency == ""


claims = st.lists(st.builds(Claim, st.sampled_from(("PTI", "ANI", "AFP")), st.sampled_from(list(Evidence))), max_size=3)
copy_lists = st.lists(st.tuples(st.sampled_from("abcd"), claims.map(tuple)), max_size=6)


@given(copy_lists, st.randoms())
def test_the_order_of_copies_does_not_show_and_confidence_is_a_share(copies: list, chance: object) -> None:  # type: ignore[type-arg]
    attribution = attribute(copies)
    assert 0 <= attribution.confidence <= 1
    assert bool(attribution.agency) == bool(attribution.claims)
    assert attributed_agency(copies) == attribution.agency
    chance.shuffle(copies)  # type: ignore[attr-defined]
    assert attribute(copies) == attribution


@pytest.mark.parametrize(
    ("line", "agency", "contributors"),
    [
        ("Reuters contributed to this report.", "", ("Reuters",)),
        ("Additional reporting by Reuters", "", ("Reuters",)),
        ("Associated Press and Reuters contributed to this report.", "", ("AP", "Reuters")),
        ("Avec la contribution de Reuters", "", ("Reuters",)),
        ("With files from The Canadian Press", "CP", ()),
        ("avec AFP", "AFP", ()),
        ("(mit Material der dpa)", "dpa", ()),
    ],
)
def test_an_agency_that_helped_is_a_contributor(line: str, agency: str, contributors: tuple[str, ...]) -> None:
    spans = line_spans(line, "last", load_grammar())
    assert contributors_of(spans) == contributors
    assert [claim.agency for claim in claims_of(article(*spans))] == ([agency] if agency else [])
