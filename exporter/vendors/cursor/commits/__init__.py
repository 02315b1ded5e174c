"""Commits and where their lines come from."""
