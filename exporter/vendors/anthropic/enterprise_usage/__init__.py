"""Stream `enterprise_usage`."""
