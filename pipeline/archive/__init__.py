"""Pages as they came, in WARC files."""
