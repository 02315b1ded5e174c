"""The doctor: does everything that the exporter stands on work, and what is missing where not."""
