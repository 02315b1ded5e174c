"""What a configuration will do: streams, requests against the vendors' limits, series."""

from exporter.preflight.plan.plan import Plan, Requests, StreamPlan, of
from exporter.preflight.plan.repeats import read_twice
from exporter.preflight.plan.series import Series
from exporter.preflight.plan.table import as_json, render, summary

__all__ = [
    "Plan",
    "Requests",
    "Series",
    "StreamPlan",
    "as_json",
    "of",
    "read_twice",
    "render",
    "summary",
]
