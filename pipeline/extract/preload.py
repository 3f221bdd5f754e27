"""What the fork server of the sandbox imports once, so that its children start ready."""

from __future__ import annotations

import gc

import pipeline.extract.read_page
from pipeline.extract.kind import load_placeholders
from pipeline.extract.reader.model import load_model
from pipeline.extract.trafilatura_reading import load_stop_words
from pipeline.text.boilerplate import load_promotions
from pipeline.text.grammar import load_grammar
from pipeline.text.language import load_language_model

load_grammar()
load_model()
load_placeholders()
load_promotions()
load_stop_words()
load_language_model()
# Reading a page makes many short-lived objects and no cycles to speak of: collecting seldom, and never what was
# imported here, takes 6 % off a page (43.7 to 40.7 ms, medians of five alternating rounds).
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)

__all__ = ["pipeline"]
