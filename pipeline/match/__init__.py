"""Recognising copies: pure functions from texts to stories."""
