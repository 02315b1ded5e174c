"""GitHub: an organization or an enterprise."""

from exporter.vendors.base import Vendor, target_model
from exporter.vendors.github import api_insights
from exporter.vendors.github.target import LIMITS, GithubTarget, credential, settings

STREAMS = (api_insights.STREAM,)

VENDOR = Vendor(
    name="github",
    title="GitHub",
    target=target_model("github", GithubTarget, STREAMS),
    streams=STREAMS,
    limits=LIMITS,
    settings=settings,
    credential=credential,
)
