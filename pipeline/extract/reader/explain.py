"""What the learned reader makes of each line of a page, for a person who looks into one."""

from __future__ import annotations

from pipeline.extract.job import ExtractJob
from pipeline.extract.page import parse_page
from pipeline.extract.reader.choice import choose_lines
from pipeline.model import LineVerdict


def explain_lines(job: ExtractJob) -> list[LineVerdict]:
    """Return the verdict on each line of the page, in page order. Raises NotAnArticle for what is no HTML."""
    page = parse_page(job.page, job.url, job.hints)
    choice = choose_lines(page)
    return [
        LineVerdict(line.text, line.tag, probability, n in choice.chosen, n == choice.standfirst)
        for n, (line, probability) in enumerate(zip(page.lines, choice.probabilities, strict=True))
    ]
