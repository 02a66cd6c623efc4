"""Mechanisms with no domain word: every service stands on these, they know of none."""
