"""Cursor's API, simulated."""
