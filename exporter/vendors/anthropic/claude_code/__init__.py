"""Stream `claude_code`."""
