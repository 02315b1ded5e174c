"""Tabnine's API, simulated."""
