"""What the second pass of the reader sees of a line's neighbours, beside a count by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from pipeline.extract.lines import page_lines
from pipeline.extract.reader.second_pass import NEIGHBOUR_FIGURES, NOWHERE, line_containers, neighbour_figures

Lines = list[tuple[float, int, int]]
# Probability, length and container of each line.
LINES = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 500), st.integers(0, 3)), min_size=1, max_size=60)


def figures_of(lines: Lines) -> dict[str, list[float]]:
    probabilities, lengths, containers = (np.array(column) for column in zip(*lines, strict=True))
    figures = neighbour_figures(probabilities.astype(np.float64), lengths.astype(np.float64), containers)
    assert np.isfinite(figures).all()
    return dict(zip(NEIGHBOUR_FIGURES, figures.T.tolist(), strict=True))


@given(LINES)
def test_the_figures_are_those_that_one_counts(lines: Lines) -> None:
    figures, chances = figures_of(lines), [line[0] for line in lines]
    for n, probability in enumerate(chances):
        before, behind = chances[:n], chances[n + 1 :]
        assert figures["probability"][n] == probability
        assert figures["probability_before_2"][n] == (before[-2] if n > 1 else 0)
        assert figures["probability_behind_1"][n] == (behind[0] if behind else 0)
        assert np.isclose(figures["mean_behind_4"][n], sum(behind[:4]) / 4)
        assert figures["most_before"][n] == max(before, default=0)
        assert figures["most_behind"][n] == max(behind, default=0)
        assert figures["chosen_before"][n] == sum(chance >= 0.5 for chance in before)
        assert figures["sure_behind"][n] == sum(chance >= 0.8 for chance in behind)


@given(LINES)
def test_distances_are_in_lines_and_far_where_there_is_no_such_line(lines: Lines) -> None:
    figures = figures_of(lines)
    chosen = [n for n, line in enumerate(lines) if line[0] >= 0.5]
    for n in range(len(lines)):
        before, behind = [at for at in chosen if at < n], [at for at in chosen if at > n]
        assert figures["from_previous_chosen"][n] == (n - before[-1] if before else NOWHERE)
        assert figures["to_next_chosen"][n] == (behind[0] - n if behind else NOWHERE)
        assert figures["from_first_chosen"][n] == (n - chosen[0] if chosen else NOWHERE)


@given(LINES)
def test_a_container_is_its_lines_but_the_one_that_is_asked(lines: Lines) -> None:
    figures = figures_of(lines)
    for n, (_, _, container) in enumerate(lines):
        around = [line for at, line in enumerate(lines) if line[2] == container and at != n]
        share = sum(chance * length for chance, length, _ in around) / max(sum(length for _, length, _ in around), 1)
        assert np.isclose(figures["probable_in_container"][n], share)


def test_lines_of_one_element_share_a_container() -> None:
    tree = html.fromstring("<html><body><div><p>One</p><p>Two</p></div><ul><li>Three</li></ul></body></html>")
    assert line_containers(page_lines(tree)).tolist() == [0, 0, 1]
