"""Fictional outlets and agencies served over real HTTP, for the demo and the tests."""
