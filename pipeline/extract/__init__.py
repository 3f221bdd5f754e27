"""Bytes of a page to an Article."""
