"""What the operator's policy makes of a page's reservations: its text is stored, or withheld. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pipeline.config import RightsConfig
from pipeline.model import Article, Fingerprint
from pipeline.rights.reservations import Reservations
from pipeline.rights.tdm import prevailing_reservations, reservation_name


@dataclass(frozen=True, slots=True)
class Storage:
    """Whether a text may be stored, and why."""

    text: bool
    reason: str


def storage_policy(reservations: Iterable[str], licence: str, config: RightsConfig) -> Storage:
    """Decide what is stored of a page with these reservations and this licence: its text, or fingerprint and link only.

    A reservation counts by its name, the first word. A licence that the operator permits lifts every reservation.
    """
    reserved = [signal for signal in reservations if reservation_name(signal) in config.withhold]
    if not reserved:
        return Storage(True, "nothing is reserved that the policy names")
    if licence and licence.casefold() in {permitted.casefold() for permitted in config.permit}:
        return Storage(True, f"the licence {licence!r} permits it")
    return Storage(False, ", ".join(reserved))


def apply_rights_policy(
    article: Article,
    reservations: Reservations,
    policy: RightsConfig,
    fingerprint: Callable[[str], Fingerprint],
    licence: str = "",
) -> Article:
    """Return the article with all its reservations, and without its text where the policy withholds it.

    ``reservations`` are those stated elsewhere than on the page, the most telling first; ``licence`` is what the outlet
    has granted, which counts before what the page states; ``fingerprint`` makes what is kept of a withheld text.
    """
    signals = prevailing_reservations(article.signals, *reservations)
    article = replace(article, signals=signals, licence=licence or article.licence)
    storage = storage_policy(signals, article.licence, policy)
    if storage.text:
        return article
    return withhold_text(article, storage.reason, fingerprint("\n".join(article.body)))


def withhold_text(article: Article, reason: str, fingerprint: Fingerprint) -> Article:
    """Return the article without a word of its text: title, byline, times and link stay."""
    bare = replace(article, body=(), spans=(), deck="", line_keys=frozenset(), places=(), picture=None)
    return replace(bare, withheld=reason, fingerprint=fingerprint)
