"""What the doctor asks of GitHub: a cheap request for each stream."""

from datetime import UTC, datetime

from exporter.client.client import Request
from exporter.model import DAY, HOUR, floor
from exporter.streams.probe import Asking, Diagnosis, once
from exporter.vendors.github import copilot_metrics, copilot_usage, rate_limit
from exporter.vendors.github import insights_api as insights
from exporter.vendors.github.billing_api import Billing
from exporter.vendors.github.billing_api import Summary as Bill
from exporter.vendors.github.billing_day import day_of
from exporter.vendors.github.copilot_seats import ENTERPRISE_SEATS, ORG_SEATS, SeatsPage
from exporter.vendors.github.remedies import identify, remedy
from exporter.vendors.github.reports_files import Reports
from exporter.vendors.github.reports_records import Links
from exporter.vendors.github.usage_reports_exports import LIST, ExportList
from exporter.vendors.github.vendor import GithubTarget

_REPORTED_AFTER = 3 * DAY
"""A report is there within two full days after its day."""
_SATURDAY = 5

_Asking = Asking[GithubTarget]


def _insights(asking: _Asking) -> Request:
    """The sums of one hour, of which the data have arrived."""
    end = floor(asking.now - DAY, HOUR)
    times = {"min_timestamp": _iso(end - HOUR), "max_timestamp": _iso(end)}
    return Request(insights.SUMMARY, {"org": str(asking.target.org)}, times)


def _reports(asking: _Asking) -> Request:
    """The links of a working day: a day without any use has no report."""
    day = day_of(floor(asking.now - _REPORTED_AFTER, DAY) - DAY)
    if day.weekday() >= _SATURDAY:
        day = day_of(floor(asking.now - _REPORTED_AFTER, DAY) - (day.weekday() - 3) * DAY)
    reports = Reports.of(asking.target)
    return Request(reports.entity.links, reports.scope, {"day": day.isoformat()})


def _seats(asking: _Asking) -> Request:
    target = asking.target
    if target.org is not None:
        return Request(ORG_SEATS, {"org": target.org}, {"per_page": 1})
    return Request(ENTERPRISE_SEATS, {"enterprise": str(target.enterprise)}, {"per_page": 1})


def _bill(asking: _Asking) -> Request:
    """The summary of one day."""
    billing = Billing.of(asking.target)
    day = day_of(floor(asking.now, DAY) - DAY)
    query = {"year": day.year, "month": day.month, "day": day.day}
    return Request(billing.summary, billing.path, query)


def _exports(asking: _Asking) -> Request:
    """The list; nothing is created."""
    return Request(LIST, {"enterprise": str(asking.target.enterprise)})


def _legacy_usage(asking: _Asking) -> Request:
    return copilot_usage.API.request(asking.target, None).with_parameters({"per_page": 1})


def _legacy_metrics(asking: _Asking) -> Request:
    return copilot_metrics.API.request(asking.target, None).with_parameters({"per_page": 1})


def _rate_limit(_: _Asking) -> Request:
    return Request(rate_limit.ENDPOINT)


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


DIAGNOSIS: Diagnosis[GithubTarget] = Diagnosis(
    probes={
        "api_insights": once(_insights, insights.Summary),
        "copilot_reports": once(_reports, Links, none=True),
        "copilot_seats": once(_seats, SeatsPage),
        "billing_usage": once(_bill, Bill),
        "usage_reports": once(_exports, ExportList),
        "copilot_usage": once(_legacy_usage, copilot_usage.API.page),
        "copilot_metrics": once(_legacy_metrics, copilot_metrics.API.page),
        "rate_limit": once(_rate_limit, rate_limit.Overview),
    },
    identify=identify,
    remedy=remedy,
)
