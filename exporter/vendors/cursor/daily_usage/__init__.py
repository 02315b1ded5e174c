"""Stream `daily_usage`."""
