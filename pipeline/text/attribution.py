"""Whose a text is: what each copy says, and what they say together.

An outlet speaks once, by its strongest evidence. The confidence is the strength of the best evidence for the agency,
times its share of all that is said: 1 only for the agency's own page that nobody contradicts. It is a plain rule, not
a probability: forms of credit were right in 85 cases of 100 where others counted, an agency's own feed in 95.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum

from pipeline.model import AgencyClaim, Article, Attribution, Claim, Evidence, Span, SpanKind
from pipeline.text.credit_lists import load_credit_words

STRENGTH: Mapping[Evidence, float] = {
    Evidence.OWN_PAGE: 1.0,
    Evidence.DATELINE: 0.9,
    Evidence.BYLINE: 0.85,
    Evidence.CREDIT: 0.85,
    Evidence.ENDMARK: 0.85,
    Evidence.DISCLAIMER: 0.8,
    Evidence.METADATA: 0.6,
    Evidence.INPUTS: 0.3,
}
OF_SPAN = {
    SpanKind.DATELINE: Evidence.DATELINE,
    SpanKind.BYLINE: Evidence.BYLINE,
    SpanKind.CREDIT: Evidence.CREDIT,
    SpanKind.ENDMARK: Evidence.ENDMARK,
    SpanKind.DISCLAIMER: Evidence.DISCLAIMER,
}
INPUTS_RULE = "derived from"
OutletClaims = tuple[str, Sequence[Claim]]


def contributors_of(spans: Sequence[Span]) -> tuple[str, ...]:
    """Return the agencies that helped the outlet with a text of its own ("Reuters contributed to this report")."""
    return tuple(dict.fromkeys(agency for span in spans if is_contribution(span) for agency in span.agencies))


def is_contribution(span: Span) -> bool:
    """Whether a note of inputs says that an agency helped: the text is the outlet's. Of other inputs it is edited."""
    return span.rule == INPUTS_RULE and load_credit_words().contributions.any_in(span.text.casefold())


def claims_of(article: Article) -> tuple[Claim, ...]:
    """What a page says of who filed its text, each agency once for each place that names it."""
    claims = [
        Claim(agency, Evidence.INPUTS if span.rule == INPUTS_RULE else OF_SPAN[span.kind])
        for span in article.spans
        if span.kind in OF_SPAN and not is_contribution(span)
        for agency in span.agencies
    ]
    if article.agency and article.agency not in {claim.agency for claim in claims}:
        claims.append(Claim(article.agency, Evidence.METADATA))
    return tuple(dict.fromkeys(claims))


def outlet_claims(outlet: str, claims: Sequence[Claim], agency: str = "", feed_agency: str = "") -> OutletClaims:
    """An outlet with all its claims. What a feed is declared to be counts as evidence; so does an outlet whose name is
    the agency that its own page names."""
    if not (claims or agency or feed_agency):
        return outlet, ()
    all_claims = list(claims) or ([Claim(agency, Evidence.METADATA)] if agency else [])
    if feed_agency:
        all_claims.append(Claim(feed_agency, Evidence.OWN_PAGE))
    elif outlet in {claim.agency for claim in all_claims}:
        all_claims.append(Claim(outlet, Evidence.OWN_PAGE))
    return outlet, tuple(dict.fromkeys(all_claims))


def attribute(copies: Sequence[OutletClaims]) -> Attribution:
    """Who filed a story, from what its copies say (an outlet and its claims each, a copy an item).

    The agency with the greatest sum of strengths, each outlet's strongest evidence counted once; of equals the name
    that comes first. Inputs count only where nothing else is said.
    """
    spoken = _spoken(copies)
    agency_claims = tuple(sorted(_claims(copies), key=lambda claim: (-claim.outlets, -claim.copies, claim.agency)))
    if not spoken:
        return Attribution("", 0.0, "no copy names an agency", agency_claims)
    agency = _first(spoken)
    best, mine = max(spoken[agency].values()), fsum(spoken[agency].values())
    # fsum: the order of the copies must not show in the last digit.
    share = mine / fsum(strength for strengths in spoken.values() for strength in strengths.values())
    return Attribution(agency, round(best * share, 2), _reason(copies, agency, spoken), agency_claims)


def attributed_agency(copies: Sequence[OutletClaims]) -> str:
    """The agency of :func:`attribute` alone; none where no copy names any."""
    return _first(_spoken(copies))


def _spoken(copies: Sequence[OutletClaims]) -> Mapping[str, Mapping[str, float]]:
    """Each agency named, and how strongly each outlet names it. Inputs count only where nothing else is said."""
    spoken = defaultdict[str, dict[str, float]](dict)
    filed = _any_filed(copies)
    for outlet, claims in copies:
        for claim in _without_inputs(claims) if filed else claims:
            strengths = spoken[claim.agency]
            strengths[outlet] = max(strengths.get(outlet, 0.0), STRENGTH[claim.evidence])
    return spoken


def _first(spoken: Mapping[str, Mapping[str, float]]) -> str:
    return min(spoken, key=lambda name: (-round(fsum(spoken[name].values()), 6), name), default="")


def _any_filed(copies: Sequence[OutletClaims]) -> bool:
    return any(_without_inputs(claims) for _, claims in copies)


def _without_inputs(claims: Sequence[Claim]) -> list[Claim]:
    return [claim for claim in claims if claim.evidence is not Evidence.INPUTS]


def _claims(copies: Sequence[OutletClaims]) -> list[AgencyClaim]:
    """Each agency with the copies and outlets that name it, and where they do, the strongest first."""
    numbers = defaultdict[str, set[int]](set)
    outlets = defaultdict[str, set[str]](set)
    evidence = defaultdict[str, set[Evidence]](set)
    for number, (outlet, claims) in enumerate(copies):
        for claim in claims:
            numbers[claim.agency].add(number)
            outlets[claim.agency].add(outlet)
            evidence[claim.agency].add(claim.evidence)
    return [
        AgencyClaim(name, len(numbers[name]), len(outlets[name]), _strongest_first(evidence[name])) for name in numbers
    ]


def _strongest_first(evidence: set[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=lambda form: (-STRENGTH[form], form.value)))


def _reason(copies: Sequence[OutletClaims], agency: str, spoken: Mapping[str, Mapping[str, float]]) -> str:
    supporters, outlets = len(spoken[agency]), len({outlet for outlet, _ in copies})
    evidence = _strongest_first({claim.evidence for _, claims in copies for claim in claims if claim.agency == agency})
    rivals = ", ".join(sorted(set(spoken) - {agency}))
    against = f"; others name {rivals}" if rivals else ""
    return f"{supporters} of {outlets} outlet{'s' * (outlets > 1)} name it, best by {evidence[0].value}{against}"
