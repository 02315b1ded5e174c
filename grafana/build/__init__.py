"""The dashboards, as code: `python -m grafana.build` writes their JSON."""

import warnings
from pathlib import Path

with warnings.catch_warnings():
    # The SDK prefers the second schema, which only Grafana 12 and later can be provisioned with.
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    from grafana.build import anthropic, api, billing, copilot, cursor, health, overview, tabnine

PAGES = (
    overview.PAGE,
    copilot.PAGE,
    tabnine.PAGE,
    cursor.PAGE,
    anthropic.PAGE,
    api.PAGE,
    billing.PAGE,
    health.PAGE,
)
DIRECTORY = Path(__file__).parents[1] / "dashboards"
