"""Cursor: what it costs, who works with it and how, and how much of the code it wrote."""

from grafana.build import cursor_code, cursor_people, cursor_pool, cursor_spend
from grafana.build.page import Page, Variable, of_vendor

PAGE = Page(
    slug="cursor",
    title="Usage exporter / Cursor",
    summary="Cursor: the billing cycle, models and tokens, people, agent and Tab, Bugbot, and what it wrote.",
    variables=of_vendor("cursor", ".+"),
    choices=(Variable("source", "Source", "cursor_change_lines_added_total{@}"),),
    given=(cursor_spend.BUDGET,),
    rows=(
        cursor_spend.CYCLE,
        cursor_spend.USE,
        cursor_pool.POOL,
        cursor_people.PEOPLE,
        cursor_people.OFFERS,
        cursor_people.BUGBOT,
        cursor_code.COMMITS,
        cursor_code.SHARES,
        cursor_code.CHANGES,
    ),
)
