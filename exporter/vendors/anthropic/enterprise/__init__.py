"""Stream `enterprise`."""
