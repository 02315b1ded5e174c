"""Cursor: a team."""

from exporter.vendors.base import Vendor, target_model
from exporter.vendors.cursor import ai_code_changes, ai_code_commits
from exporter.vendors.cursor.probes import DIAGNOSIS
from exporter.vendors.cursor.vendor import PER_MINUTE, CursorTarget, credential, settings

STREAMS = (ai_code_commits.STREAM, ai_code_changes.STREAM)

VENDOR = Vendor(
    name="cursor",
    title="Cursor",
    target=target_model("cursor", CursorTarget, STREAMS),
    streams=STREAMS,
    limits={
        endpoint.group: (PER_MINUTE,)
        for tracking in (ai_code_commits.TRACKING, ai_code_changes.TRACKING)
        for endpoint in (tracking.pages, tracking.csv)
    },
    settings=settings,
    credential=credential,
    diagnosis=DIAGNOSIS,
)
