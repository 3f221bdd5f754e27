"""Normal forms: what a trailing ellipsis is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalize import without_dots

ELLIPSIS = re.compile(r"\s*(\.\.\.+|…|\[…\]|\[\.\.\.\])\s*$")


@given(st.text(st.sampled_from(".… []\n\ta"), max_size=12))
def test_one_ellipsis_at_the_end_goes_with_the_blanks_around_it(text: str) -> None:
    assert without_dots(text) == ELLIPSIS.sub("", text)
