"""What the fork server of the sandbox imports once, so that its children start ready."""

from __future__ import annotations

import pipeline.extract.article
from pipeline.text.boilerplate import load_promotions
from pipeline.text.wire import load_grammar

load_grammar()
load_promotions()

__all__ = ["pipeline"]
