"""Prometheus exporter for the usage APIs of AI coding assistants and developer platforms."""

__version__ = "0.1.0"
