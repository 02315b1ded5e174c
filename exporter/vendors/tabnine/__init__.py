"""Tabnine: an organization."""

from exporter.vendors.base import AnyStream, Vendor, target_model
from exporter.vendors.tabnine import (
    audit_log,
    organization,
    repositories,
    team_usage,
    usage,
    user_usage,
)
from exporter.vendors.tabnine.probes import DIAGNOSIS
from exporter.vendors.tabnine.vendor import LIMITS, TabnineTarget, credential, settings

STREAMS: tuple[AnyStream, ...] = (
    usage.STREAM,
    team_usage.STREAM,
    user_usage.STREAM,
    organization.STREAM,
    audit_log.STREAM,
    repositories.STREAM,
)

VENDOR = Vendor(
    name="tabnine",
    title="Tabnine",
    target=target_model("tabnine", TabnineTarget, STREAMS),
    streams=STREAMS,
    limits=LIMITS,
    settings=settings,
    credential=credential,
    diagnosis=DIAGNOSIS,
)
