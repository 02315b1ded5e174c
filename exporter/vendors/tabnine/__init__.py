"""Tabnine: an organization."""

from exporter.streams.probe import Diagnosis
from exporter.vendors.base import Vendor, explained, target_model
from exporter.vendors.tabnine import repositories
from exporter.vendors.tabnine.audit_log import stream as audit_log
from exporter.vendors.tabnine.lists import explain
from exporter.vendors.tabnine.organization.stream import STREAM as ORGANIZATION
from exporter.vendors.tabnine.remedies import identify, remedy
from exporter.vendors.tabnine.usage import organization, team, user
from exporter.vendors.tabnine.vendor import LIMITS, TabnineTarget, credential, settings

_STREAMS = (
    organization.STREAM,
    team.STREAM,
    user.STREAM,
    ORGANIZATION,
    audit_log.STREAM,
    repositories.STREAM,
)
STREAMS = explained(explain, _STREAMS)

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
