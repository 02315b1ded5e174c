"""Tabnine: an organization."""

from dataclasses import replace

from exporter.streams.contract import AnyStream
from exporter.streams.probe import Diagnosis
from exporter.vendors.base import Vendor, target_model
from exporter.vendors.tabnine import audit_log, repositories
from exporter.vendors.tabnine.lists import explain
from exporter.vendors.tabnine.organization.stream import STREAM as ORGANIZATION
from exporter.vendors.tabnine.remedies import identify, remedy
from exporter.vendors.tabnine.usage import organization, team, user
from exporter.vendors.tabnine.vendor import LIMITS, TabnineTarget, credential, settings

STREAMS: tuple[AnyStream, ...] = tuple(
    replace(stream, explain=explain)
    for stream in (
        organization.STREAM,
        team.STREAM,
        user.STREAM,
        ORGANIZATION,
        audit_log.STREAM,
        repositories.STREAM,
    )
)

VENDOR = Vendor(
    name="tabnine",
    title="Tabnine",
    target=target_model("tabnine", TabnineTarget, STREAMS),
    streams=STREAMS,
    limits=LIMITS,
    settings=settings,
    credential=credential,
    diagnosis=Diagnosis(identify, remedy),
)
