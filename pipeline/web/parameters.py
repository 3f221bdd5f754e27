"""Parameters of addresses, bounded by what the databases can hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

# The databases' largest integer: a greater one ends in an error of the driver.
LARGEST_ID = 2**63 - 1
# PostgreSQL takes no NUL in a text.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
After = Annotated[int, Query(ge=0, le=LARGEST_ID)]
Words = Annotated[str, Query(max_length=200, pattern=PRINTABLE)]
# A form sends each of its fields, also the empty ones.
Unset = BeforeValidator(lambda value: value or None)
Day = Annotated[date | None, Unset]
