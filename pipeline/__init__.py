"""Copydesk: one canonical version of every syndicated story, once, with every copy's place in it."""
