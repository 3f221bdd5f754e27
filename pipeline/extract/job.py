"""What a child needs to read one page."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import RightsConfig
from pipeline.extract.template import Learned
from pipeline.model import PageHints
from pipeline.rights.reservations import Reservations


@dataclass(frozen=True, slots=True)
class ExtractJob:
    """One page to extract: its bytes, the address it came from, and what is known of it.

    ``template`` is what its outlet's pages repeat, ``reservations`` what is reserved elsewhere than on the page,
    ``licence`` what the outlet has granted; without a ``policy`` no text is withheld. ``final_url`` is where redirects
    led, "" where that is not known.
    """

    page: bytes
    url: str
    hints: PageHints
    template: Learned | None = None
    reservations: Reservations = ()
    licence: str = ""
    policy: RightsConfig | None = None
    final_url: str = ""
