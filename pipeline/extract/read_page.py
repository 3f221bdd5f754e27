"""One page's way from its bytes to the article that is stored."""

from __future__ import annotations

from pipeline.errors import NotAnArticle
from pipeline.extract.article import extract_article
from pipeline.extract.delivered import delivered_article
from pipeline.extract.job import ExtractJob
from pipeline.extract.redirects import redirect_reason, strange_reason
from pipeline.extract.template import without_repeats
from pipeline.extract.withheld import text_fingerprint
from pipeline.model import Article
from pipeline.rights.policy import apply_rights_policy
from pipeline.text.grammar import Grammar


def read_page(job: ExtractJob, grammar: Grammar) -> Article:
    """Return a page's article: extracted, cleaned by its outlet's template, with all reservations, withheld where the
    policy says so. Raises NotAnArticle."""
    if reason := redirect_reason(job.url, job.final_url):
        raise NotAnArticle(reason, concerns=job.url)
    extract = delivered_article if job.hints.delivered else extract_article
    article = extract(job.page, job.url, job.hints, grammar)
    if reason := strange_reason(job.url, job.final_url, job.hints.title, article):
        raise NotAnArticle(reason, concerns=job.url)
    if job.template:
        article = without_repeats(article, job.template)
    if job.policy is None:
        return article
    return apply_rights_policy(article, job.reservations, job.policy, text_fingerprint, job.licence)
