"""Anthropic's API, simulated."""
