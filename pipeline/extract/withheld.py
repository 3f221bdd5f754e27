"""What is kept of a text that the policy withholds."""

from __future__ import annotations

from pipeline.model import Fingerprint


def text_fingerprint(text: str) -> Fingerprint:
    """Return the fingerprint that is kept of a withheld text."""
    # Imports numpy, which texts that are kept need not wait for.
    from pipeline.match.fingerprint import fingerprint_many

    [fingerprint] = fingerprint_many([text])
    return fingerprint
