"""Stream `usage_events`."""
