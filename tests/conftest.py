"""Property tests have no deadline: wall time says nothing on a busy machine. Each test's terminal has the width that it
asks for: rich keeps the one that processes of pytest-xdist are started with."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.pop("COLUMNS", None)

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
