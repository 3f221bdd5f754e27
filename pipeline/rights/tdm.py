"""What is reserved for text and data mining, in the words of TDMRep (W3C Community Group Report, 10 May 2024). Pure."""

from __future__ import annotations

from collections.abc import Sequence

RESERVED, FREE = "tdm-reservation", "tdm-reservation=0"
POLICY = "tdm-policy"
# The origin's file could not be had: only what pages say themselves is known.
UNKNOWN = "tdm-unknown"
RESERVATION_NAMES = (RESERVED, FREE)
LONGEST = 500
FILE = "tdmrep.json"


def tdm_declaration(reservation: object, policy: object, source: str = "") -> tuple[str, ...]:
    """Return the signals of one declaration, named for where it was made if that is not the page; none where it says nothing.

    Any value but 0 and 1 is a protocol error, which leaves the reservation unset.
    """
    value = str(reservation).strip()
    if value not in ("0", "1"):
        return ()
    suffix = f" ({source})" if source else ""
    if value == "0":
        return (f"{FREE}{suffix}",)
    stated = policy.strip()[:LONGEST] if isinstance(policy, str) else ""
    return (f"{RESERVED}{suffix}", *([f"{POLICY} {stated}"] if stated else []))


def prevailing_reservations(*sources: Sequence[str]) -> tuple[str, ...]:
    """Return the signals of a page from all that speak of it, the most telling first: the page, its head, the origin's file.

    Of declarations for text and data mining the first source's counts and replaces the others'; other signals add up.
    """
    maker = next((source for source in sources if _has_reservation(source)), None)
    prevailing = [signal for source in sources for signal in source if source is maker or not _is_tdm(signal)]
    unknown = (
        [signal for source in sources for signal in source if reservation_name(signal) == UNKNOWN]
        if maker is None
        else []
    )
    return tuple(dict.fromkeys([*prevailing, *unknown]))


def page_own_reservations(signals: Sequence[str], source: str) -> tuple[str, ...]:
    """Return those of a page's signals that were not made by ``source``, the name of another place."""
    return tuple(
        signal for signal in signals if not signal.endswith(f"({source})") and reservation_name(signal) != UNKNOWN
    )


def reservation_name(signal: str) -> str:
    """Return the first word of a signal: what policies name."""
    return signal.partition(" ")[0]


def _has_reservation(signals: Sequence[str]) -> bool:
    return any(reservation_name(signal) in RESERVATION_NAMES for signal in signals)


def _is_tdm(signal: str) -> bool:
    return reservation_name(signal) in (*RESERVATION_NAMES, POLICY, UNKNOWN)
