"""Tokens of people and programs who use what ``copydesk serve`` serves: a file with the hash of each.

A token has 256 random bits, so that its plain SHA-256 tells nothing of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.errors import ConfigError, UsageError

PREFIX = "copydesk_"
# Where tokens are, in the home folder.
FILE = "tokens"
_NAME = re.compile(r"[\w.@-]{1,64}")


class Role(StrEnum):
    """What a token allows: to read; to act on feeds and stories besides; and to remove texts for good."""

    READER = "reader"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: its holder's name, the role, and the SHA-256 in hex."""

    name: str
    role: Role
    sha256: str


class TokenFile:
    """The file that keeps them, a line each: role, hash and name. It is read at each use, so that a token that was
    taken away is refused at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def tokens(self) -> list[Token]:
        """Return all tokens; none where there is no file. Raises ConfigError for a line that is none."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [self._token(number, line) for number, line in enumerate(lines, 1) if line.strip()]

    def add(self, name: str, role: Role) -> str:
        """Add a token for ``name``, and return it: it is kept nowhere. Raises UsageError where the name has one."""
        if not _NAME.fullmatch(name):
            raise UsageError("a name has up to 64 letters, digits and . @ - _", concerns=repr(name[:80]))
        tokens = self.tokens()
        if any(token.name == name for token in tokens):
            raise UsageError("has a token", concerns=name, todo=f"remove it first: copydesk tokens remove {name}")
        secret = PREFIX + secrets.token_urlsafe(32)
        self._write([*tokens, Token(name, role, _hash(secret))])
        return secret

    def remove(self, name: str) -> None:
        """Remove the token of ``name``. Raises UsageError where it has none."""
        tokens = self.tokens()
        remaining = [token for token in tokens if token.name != name]
        if len(remaining) == len(tokens):
            raise UsageError("has no token", concerns=name, todo="see copydesk tokens list")
        self._write(remaining)

    def find(self, secret: str) -> Token | None:
        """Return the token that this is. Each is compared, in a time that tells nothing of it."""
        digest, match = _hash(secret), None
        for token in self.tokens():
            if secrets.compare_digest(token.sha256, digest):
                match = token
        return match

    def _token(self, number: int, line: str) -> Token:
        try:
            role, digest, name = line.split()
            bytes.fromhex(digest)
            return Token(name, Role(role), digest)
        except ValueError as error:
            todo = "a line has a role, a SHA-256 in hex and a name: copydesk tokens add writes it"
            raise ConfigError("this is no token", concerns=f"{self.path}, line {number}", todo=todo) from error

    def _write(self, tokens: Iterable[Token]) -> None:
        """Write the file anew, for its owner alone, whole or not at all."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(dir=self.path.parent, prefix=f"{self.path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{token.role} {token.sha256} {token.name}\n" for token in tokens)
        Path(part).replace(self.path)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
