"""Bare trafilatura over every n-th page of a corpus: ``python -m bench.bare DIR SHARD SHARDS``."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path


def main() -> None:
    """Extract the shard's pages and print how many gave a text."""
    import trafilatura

    folder, shard, shards = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    pages = sorted((folder / "html").glob("*.gz"))[shard::shards]
    texts = [trafilatura.extract(gzip.decompress(page.read_bytes()), include_comments=False) for page in pages]
    print(sum(text is not None for text in texts))


if __name__ == "__main__":
    main()
