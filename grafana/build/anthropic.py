"""Anthropic: what it costs, by workspace and model, what Claude Code does, and who uses Claude Enterprise."""

from grafana.build import anthropic_bill, anthropic_code, anthropic_enterprise, anthropic_keys
from grafana.build.page import Page, of_vendor

PAGE = Page(
    slug="anthropic",
    title="Usage exporter / Anthropic",
    summary="Anthropic: the bill and tokens by workspace and model, Claude Code, Claude Enterprise, API keys.",
    variables=of_vendor("anthropic", ".+"),
    given=(anthropic_bill.BUDGET,),
    rows=(
        anthropic_bill.BILL,
        anthropic_bill.TOKENS,
        anthropic_code.WORK,
        anthropic_code.ESTIMATE,
        anthropic_enterprise.PEOPLE,
        anthropic_enterprise.MONEY,
        anthropic_keys.ORGANIZATION,
    ),
)
