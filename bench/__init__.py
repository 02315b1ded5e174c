"""Measurements of what the design budgets."""
