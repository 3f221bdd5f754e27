"""Guarded, polite HTTP."""
