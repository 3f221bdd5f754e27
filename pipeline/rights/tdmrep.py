"""tdmrep.json, a file of an origin that says what of it is reserved for text and data mining (TDMRep).

Its patterns are those of robots.txt by the report's own word, so the reader of robots.txt matches them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from protego import Protego

from pipeline.model import FetchResult, Outcome, TdmFile
from pipeline.rights.tdm import FILE, UNKNOWN, tdm_declaration

PLACE = "/.well-known/tdmrep.json"
# Every rule is looked at for every page; a file of thousands is a mistake or an attack.
MOST_RULES = 1_000
# Nobody there: no file, or none that may be had, is no declaration. 429 says "not now".
REFUSALS = (Outcome.GONE_410, Outcome.NOT_FOUND, Outcome.BLOCKED, Outcome.CLIENT_ERROR, Outcome.REDIRECT_LOOP)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the pattern, and the signals of the pages that it matches."""

    pattern: Protego
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OriginReservations:
    """What an origin reserves; ``unknown`` says why that could not be learned."""

    rules: tuple[Rule, ...] = ()
    unknown: str = ""

    def for_page(self, url: str) -> tuple[str, ...]:
        """Return the signals of a page: those of the first rule that matches it, none where none does."""
        if self.unknown:
            return (f"{UNKNOWN} ({self.unknown})",)
        return next((rule.signals for rule in self.rules if not rule.pattern.can_fetch(url, FILE)), ())


def tdm_file(result: FetchResult) -> TdmFile:
    """Return what asking for the file gave. A page of HTML in its place is what servers answer that have no such file."""
    if result.outcome in (Outcome.OK, Outcome.EMPTY):
        text = result.body.decode("utf-8-sig", "replace").replace("\0", "").strip()
        return TdmFile(Outcome.OK, text if text.startswith(("[", "{")) else "")
    return TdmFile(Outcome.OK if result.outcome in REFUSALS else result.outcome, "")


def parse_tdm_file(file: TdmFile | None) -> OriginReservations:
    """Return the file's rules, in its order; None is an origin that was not asked."""
    if file is None or (file.outcome is Outcome.OK and not file.text):
        return OriginReservations()
    if file.outcome is not Outcome.OK:
        return OriginReservations(unknown=file.outcome.value)
    try:
        declared = json.loads(file.text)
    except (ValueError, RecursionError):
        return OriginReservations(unknown="malformed")
    rows = declared if isinstance(declared, list) else [declared]
    return OriginReservations(tuple(_rule(row) for row in rows[:MOST_RULES] if _is_rule(row)))


def _is_rule(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("location"), str) and bool(row["location"].strip())


def _rule(row: dict[str, Any]) -> Rule:
    """Return the rule of a row of tdmrep.json.

    A row without a valid value is a rule too: the paths it matches have no reservation, whatever later rows say.
    """
    location = re.sub(r"\s", "%20", row["location"].strip())
    pattern = Protego.parse(f"User-agent: *\nDisallow: {location}")
    return Rule(pattern, tdm_declaration(row.get("tdm-reservation"), row.get("tdm-policy"), FILE))
