"""What a configuration will do: streams, requests against the vendors' limits, series."""

from exporter.plan.plan import Plan, Requests, StreamPlan, of
from exporter.plan.series import Series
from exporter.plan.text import as_json, render

__all__ = ["Plan", "Requests", "Series", "StreamPlan", "as_json", "of", "render"]
