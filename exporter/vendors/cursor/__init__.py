"""Cursor: a team, or an organization above several teams."""

from exporter.streams.probe import Diagnosis
from exporter.vendors.base import Vendor, explained, target_model
from exporter.vendors.cursor import (
    audit_log,
    bugbot_reviews,
    changes,
    members,
    pool,
    spend,
)
from exporter.vendors.cursor.analytics import stream as analytics
from exporter.vendors.cursor.commits import stream as commits
from exporter.vendors.cursor.daily_usage import stream as daily_usage
from exporter.vendors.cursor.refusals import explain
from exporter.vendors.cursor.remedies import identify, remedy
from exporter.vendors.cursor.usage_events import stream as usage_events
from exporter.vendors.cursor.vendor import (
    LIMITS,
    PER_MINUTE,
    CursorTarget,
    contains,
    credential,
    settings,
)

_STREAMS = (
    commits.STREAM,
    changes.STREAM,
    usage_events.STREAM,
    spend.STREAM,
    pool.STREAM,
    members.STREAM,
    daily_usage.STREAM,
    analytics.STREAM,
    bugbot_reviews.STREAM,
    audit_log.STREAM,
)
STREAMS = explained(explain, _STREAMS)

VENDOR = Vendor(
    name="cursor",
    title="Cursor",
    target=target_model("cursor", CursorTarget, STREAMS),
    streams=STREAMS,
    limits=LIMITS
    | {
        endpoint.group: (PER_MINUTE,)
        for tracking in (commits.TRACKING, changes.TRACKING)
        for endpoint in (tracking.pages, tracking.csv)
    },
    settings=settings,
    credential=credential,
    diagnosis=Diagnosis(identify, remedy),
    contains=contains,
)
