"""Alignment by bounds: what it leaves out to be fast changes no answer; each is that of the plain definition."""

from __future__ import annotations

import pytest
from hypothesis import given

from pipeline.match import alignment
from pipeline.match.alignment import Alignment, Partner, align
from pipeline.match.sentences import Sentence, Sentences, split_sentences
from tests.match.test_copies import TEXTS


def most_like(sentence: Sentence, text: Sentences) -> Partner:
    """Return the first sentence most like by words; where none is aligned, of those aligned by frames."""
    likeness = [len(sentence.words & candidate.words) / len(sentence.words | candidate.words) for candidate in text.all]
    if max(likeness, default=0.0) >= alignment.ALIGNED:
        return likeness.index(max(likeness)), max(likeness)
    framed = [n for n, candidate in enumerate(text.all) if frames_align(sentence, candidate)]
    best = max((likeness[n] for n in framed), default=0.0)
    return next(((n, best) for n in framed if likeness[n] == best), alignment.NO_PARTNER)


def frames_align(first: Sentence, second: Sentence) -> bool:
    shared, union = len(first.frame & second.frame), len(first.frame | second.frame)
    enough_words = len(first.words & second.words) >= alignment.FRAME_WORDS
    return union > 2 and shared / union >= alignment.ALIGNED and enough_words


@given(TEXTS, TEXTS)
def test_a_partner_by_bounds_is_the_partner(first_body: list[str], second_body: list[str]) -> None:
    first, second = split_sentences(first_body), split_sentences(second_body)
    for sentence in first.all:
        assert alignment._most_like_of_all(sentence, second) == most_like(sentence, second)


@given(TEXTS, TEXTS)
def test_a_template_is_known_by_the_facts_that_differ(first_body: list[str], second_body: list[str]) -> None:
    result = align(split_sentences(first_body), split_sentences(second_body))
    stating = result.stating_facts
    share = max(result.differing_facts / stating, result.disagreement) if stating else 0.0
    differs = stating >= alignment.TEMPLATE_FACTS and share >= alignment.TEMPLATE_DIFFERING
    side = result._shorter
    is_revised = differs and (side.keeps_lead() or (side.revises_lead() and not is_refilled(result)))
    assert result.other_bulletin == (side.fills_lead_otherwise() or (differs and not is_revised))


def is_refilled(result: Alignment) -> bool:
    least = alignment.TEMPLATE_DIFFERING
    return result._facts.replaced_share >= least or alignment.replaces_numbers(result._shorter.partners(), least)


@given(TEXTS, TEXTS)
def test_numbers_changed_in_the_lead_or_in_two_sentences(first_body: list[str], second_body: list[str]) -> None:
    result = align(split_sentences(first_body), split_sentences(second_body))
    changed = positions_with_other_numbers(result)
    assert result.numbers_changed == (0 in changed or len(changed) > 1)


def test_numbers_at_the_expected_position_are_not_changed() -> None:
    first = ["He came at 5 in the morning.", "Of all of them 7 died there.", "Nobody knew why 3 left."]
    second = [first[0], "Some 7 are dead.", first[2], "Of all of them 9 died there."]
    result = align(split_sentences(first), split_sentences(second))
    assert result._shorter.partner(1) is result._shorter.other_text.all[3]
    assert positions_with_other_numbers(result) == []
    assert not result.numbers_changed


def positions_with_other_numbers(result: Alignment) -> list[int]:
    side = result._shorter
    positions = []
    for n, sentence in enumerate(side.text.all):
        expected = side._expected_position(n)
        as_expected = 0 <= expected < len(side.other_text) and (
            side.other_text.all[expected].numbers == sentence.numbers
        )
        partner = None if side.equal[n] < 0 and as_expected else side.partner(n)
        if partner and not (sentence.numbers <= partner.numbers or partner.numbers <= sentence.numbers):
            positions.append(n)
    return positions


@given(TEXTS, TEXTS)
def test_the_lighter_text_is_covered_by_what_the_other_has(first_body: list[str], second_body: list[str]) -> None:
    result = align(split_sentences(first_body), split_sentences(second_body))
    least = min(side.weights.total for side in result._sides)
    lighter = [side for side in result._sides if side.weights.total == least]
    covered = max(
        sum(weight * share for weight, share in zip(side.weights.sentence, side.shares(), strict=True))
        for side in lighter
    )
    coverage = min(covered / least, 1.0) if least else 0.0
    assert all(result.covers(share) == (coverage >= share) for share in (0.1, 0.5, 0.9))


@given(TEXTS, TEXTS)
def test_an_own_lead_is_judged_by_all_that_the_other_text_has(first_body: list[str], second_body: list[str]) -> None:
    result = align(split_sentences(first_body), split_sentences(second_body))
    for side in result._sides:
        shares = side.shares()
        lead, words = alignment._lead_share(side.text, shares), alignment._word_share(side.text, shares)
        assert side.has_own_lead == (lead < alignment.LEAD_SHARE and words < alignment.NEW_LEAD_SHARE)
        assert 0 <= lead <= 1
        assert 0 <= words <= 1


def test_where_edits_stand_side_by_side_the_text_goes_on_as_from_the_last_sentence_in_both() -> None:
    report = [f"Sentence {n} of the report says what {name} saw there." for n, name in enumerate("abcdefgh")]
    edited = [*report[:2], *(line.replace("report", "paper") for line in report[2:6])]
    side = align(split_sentences(report[1:]), split_sentences(edited))._sides[1]
    assert [side._expected_position(n) for n in range(2, 6)] == [1, 2, 3, 4]
    assert [side.find_partner(n)[0] for n in range(2, 6)] == [1, 2, 3, 4]


LOTTERY = (
    "The winning numbers in {day}'s draw of the county lottery were {numbers}.",
    "The jackpot was {sum} million.",
    "Tickets can be bought until half an hour before each draw, and prizes must be claimed within 180 days.",
    "Players must be 18 or older. The odds of winning the jackpot are one in 14 million, the operator says.",
)
APPEAL = (
    "Police are looking for witnesses after a burglary in {street}, {town} on {day} night.",
    "Officers were called to the scene and an investigation is under way. No arrests have been made.",
    "Anyone with information is asked to call the police or Crimestoppers, at any hour of the day.",
)
NOTICE = (
    "{name}, {age}, aus {town}, starb am {day} im Kreiskrankenhaus nach kurzer Krankheit.",
    "Die Trauerfeier ist am Donnerstag um 11 Uhr in der Kirche St. Brannoc.",
    "Statt Blumen bittet die Familie um Spenden für die Rettungsstation. Die Bestattung besorgt Tolland und Söhne.",
)
QUAKE = (
    "An earthquake of magnitude {size} struck the Banda Sea on Monday, the geological survey said.",
    "The quake hit at 04:12 local time at a depth of {depth} km, it said.",
    "There were no immediate reports of damage or casualties, and no tsunami warning was issued.",
)
METAL = (
    "Gold prices fell by {fall} to {price} per 10 grams in the capital on Wednesday, the traders' guild said.",
    "Silver prices also fell by {silver_fall} to {silver} per kilogram, according to the guild.",
    "Globally, spot gold was trading {higher} dollars higher at {spot} per ounce.",
)
FORECAST = (
    "The minimum temperature in {town} settled at {low} degrees Celsius on Monday, {notches} notches off the average.",
    "The air quality was in the 'poor' category, between 201 and 300, as the board of 1981 defines it.",
    "Of 24 stations, 19 met the limit of 60 that the act of 1986 sets, 5 did not.",
)
Filled = tuple[str, ...]


def fill(form: Filled, **facts: str) -> Sentences:
    return split_sentences([line.format(**facts) for line in form])


@pytest.mark.parametrize(
    ("form", "first", "second"),
    [
        (LOTTERY, {"day": "Monday", "numbers": "4, 11, 19 and 40", "sum": "3"},
         {"day": "Tuesday", "numbers": "2, 9, 17 and 41", "sum": "4"}),
        (APPEAL, {"street": "Chapel Street", "town": "Kelmouth", "day": "Sunday"},
         {"street": "Mill Lane", "town": "Stennis", "day": "Sunday"}),
        (NOTICE, {"name": "Maria Tallis", "age": "84", "town": "Kelmuth", "day": "Sonntag"},
         {"name": "Johann Harrow", "age": "71", "town": "Stennis", "day": "Samstag"}),
        (METAL, {"fall": "737", "price": "75549", "silver_fall": "1237", "silver": "107904", "higher": "52.31",
                 "spot": "2522.60"},
         {"fall": "417", "price": "100720", "silver_fall": "997", "silver": "86360", "higher": "44.46",
          "spot": "2765.11"}),
        (FORECAST, {"town": "Kelmouth", "low": "13.5", "notches": "5"},
         {"town": "Stennis", "low": "14.0", "notches": "2"}),
        (("{place}" + FORECAST[0], *FORECAST[1:]), {"place": "", "town": "Kelmouth", "low": "13.5", "notches": "5"},
         {"place": "STENNIS: ", "town": "Stennis", "low": "14.0", "notches": "2"}),
    ],
)  # fmt: skip
def test_a_form_whose_lead_has_other_facts_is_another_bulletin_however_much_is_formula(
    form: Filled, first: dict[str, str], second: dict[str, str]
) -> None:
    assert align(fill(form, **first), fill(form, **second)).other_bulletin


def test_a_revised_figure_is_no_other_bulletin() -> None:
    first, revised = fill(QUAKE, size="5.1", depth="120"), fill(QUAKE, size="5,3", depth="110")
    assert not align(first, revised).other_bulletin
    assert align(first, revised).numbers_changed


def test_a_text_that_keeps_its_lead_and_most_sentences_is_revised() -> None:
    report = [
        "The harbour board has closed the northern pier to all ships until the storm is over.",
        "Ferries of {lines} lines are at anchor, the board said, with {people} people on board.",
        "Nobody may go ashore before the wind falls, because the boats cannot come alongside in such a sea.",
        "The wind blew with {speed} knots from the west at noon, and {more} knots are expected in the night.",
        "Those who wait on the piers are given blankets and soup by the town and by the crews of the lifeboats.",
    ]
    first = {"lines": "3", "people": "812", "speed": "41", "more": "50"}
    second = {"lines": "5", "people": "1490", "speed": "47", "more": "58"}
    facts = ("In Kelmouth, " + report[0], *report[1:])
    assert not align(fill(tuple(report), **first), fill(tuple(report), **second)).other_bulletin
    assert align(fill(facts[1:], **first), fill(facts[1:], **second)).other_bulletin


def test_figures_in_other_spelling_are_no_other_ones() -> None:
    result = align(fill(QUAKE, size="5.1", depth="1,200"), fill(QUAKE, size="5,1", depth="1’200"))
    assert result.differing_facts == 0
    assert not result.numbers_changed


BACKGROUND = (
    "The war began in the spring of 2023 when rebels from the highlands seized the border town and cut the railway.",
    "More than 40,000 people have been killed since then and two million have fled their homes, the agency says.",
    "Peace talks in a neighbouring capital broke down twice last year over the release of prisoners and the crossings.",
    "The government says the rebels are armed from abroad, and it has refused to discuss autonomy for the highlands.",
)
AIRPORT = (
    "Government troops retook the airport at Arvad on Monday after three days of fighting in which 31 soldiers died.",
    "Residents reached by telephone described shelling through the night and said that two schools were burning.",
)
CROSSING = (
    "Aid agencies reopened a crossing on the river Tamas on Monday and sent forty lorries of flour to the south.",
    "The convoy was the first in six weeks, and a spokeswoman said that as many would follow while the truce held.",
)


def test_two_stories_with_one_background_have_other_leads() -> None:
    first, second = (split_sentences((*lead, *BACKGROUND)) for lead in (AIRPORT, CROSSING))
    assert align(first, second).other_lead
    assert not align(first, split_sentences((*AIRPORT[:1], *BACKGROUND))).other_lead
