"""Which of a page's names is its title."""

from __future__ import annotations

import pytest

from pipeline.extract.title import Names, best_title, plain

HEADING = "Quay closed after cracks are found in two pillars"


def names(**told: str) -> Names:
    heading = told.pop("heading", HEADING)
    given = {"shared": "", "tweeted": "", "linked": "", "element": "", "listed": "", "site": "The Example", **told}
    return Names(headings=(heading,) if heading else (), **given)


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ({"element": f"{HEADING} | The Example"}, HEADING),
        ({"heading": "The Example", "shared": f"{HEADING} - The Example"}, HEADING),
        ({"heading": "", "element": f"{HEADING} | News"}, HEADING),
        ({"heading": "", "listed": HEADING}, HEADING),
        (
            {"element": HEADING, "linked": HEADING, "shared": "Cracks close the northern quay"},
            "Cracks close the northern quay",
        ),
        ({"element": HEADING, "linked": HEADING, "shared": "Quay closed after cracks are ..."}, HEADING),
        ({"element": HEADING, "linked": HEADING, "shared": "Read our newsletter"}, HEADING),
        ({"element": HEADING, "shared": "Cracks close the northern quay"}, HEADING),
    ],
)
def test_the_vote(told: dict[str, str], title: str) -> None:
    assert best_title(names(**told)) == title


def test_references_escaped_twice() -> None:
    assert plain("Prices &amp;#8230; up") == "Prices … up"
