"""Reads for people and for jobs downstream; nothing here writes."""
