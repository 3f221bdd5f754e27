"""Where the evaluation corpus is, if it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.text.shingles import Hashes, distinct, hashed, running_hashes, tokens

ROOT = Path(__file__).resolve().parent.parent
CORPUS = (ROOT / os.environ.get("COPYDESK_CORPUS", "../shared/data")).resolve()


def corpus(part: str) -> Path:
    """A part of the corpus; the test skips, saying so, where it is absent."""
    path = CORPUS / part
    if not path.exists():
        pytest.skip(f"no corpus at {path} (COPYDESK_CORPUS)")
    return path


def shingle_hashes(text: str) -> Hashes:
    """The distinct hashes of a text's shingles, sorted."""
    return distinct(running_hashes(hashed(tokens(text))))
