"""Copilot usage from the reports that GitHub makes of each day."""
