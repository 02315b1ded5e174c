"""Anthropic: an organization in the Console, or one on claude.ai."""

from dataclasses import replace

from exporter.streams.contract import AnyStream
from exporter.vendors.anthropic import cost, organization, usage
from exporter.vendors.anthropic.claude_code import stream as claude_code
from exporter.vendors.anthropic.enterprise import stream as enterprise
from exporter.vendors.anthropic.enterprise_usage import stream as enterprise_usage
from exporter.vendors.anthropic.refusals import explain
from exporter.vendors.anthropic.remedies import DIAGNOSIS
from exporter.vendors.anthropic.vendor import LIMITS, AnthropicTarget, credential, settings
from exporter.vendors.base import Vendor, target_model

STREAMS: tuple[AnyStream, ...] = tuple(
    replace(stream, explain=explain)
    for stream in (
        usage.STREAM,
        cost.STREAM,
        organization.STREAM,
        claude_code.STREAM,
        enterprise.STREAM,
        enterprise_usage.STREAM,
    )
)

VENDOR = Vendor(
    name="anthropic",
    title="Anthropic",
    target=target_model("anthropic", AnthropicTarget, STREAMS),
    streams=STREAMS,
    limits=LIMITS,
    settings=settings,
    credential=credential,
    diagnosis=DIAGNOSIS,
)
