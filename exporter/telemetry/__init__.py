"""What the exporter knows of itself."""
