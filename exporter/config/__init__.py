"""The configuration file: its blocks, its errors, and what no shape can tell."""
