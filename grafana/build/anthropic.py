"""Anthropic: the workspaces of an organization, its API keys and its members."""

from grafana.build import anthropic_keys
from grafana.build.page import Page, of_vendor

PAGE = Page(
    slug="anthropic",
    title="Usage exporter / Anthropic",
    summary="Anthropic: workspaces, API keys and members of an organization.",
    variables=of_vendor("anthropic", ".+"),
    rows=(anthropic_keys.ORGANIZATION,),
)
