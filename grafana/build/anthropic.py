"""Anthropic: the workspaces of an organization, its API keys and its members."""

from grafana.build.page import Page, Row, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table

_POLLED = "As the exporter last polled it, mostly within the hour."
_ENDS = "min by (account, workspace) (anthropic_api_key_expiry_timestamp_seconds{@}) - time()"

PAGE = Page(
    slug="anthropic",
    title="Usage exporter / Anthropic",
    summary="Anthropic: workspaces, API keys and members of an organization.",
    variables=of_vendor("anthropic", ".+"),
    rows=(
        Row(
            "Organization",
            (
                Stat(
                    title="Active workspaces",
                    note=f"Without the default workspace. {_POLLED}",
                    query=Query('sum(anthropic_workspaces{@, status="active"})'),
                ),
                Stat(
                    title="Active API keys",
                    note=f"Admin keys are not among them. {_POLLED}",
                    query=Query('sum(anthropic_api_keys{@, status="active"})'),
                ),
                Lines(
                    title="Members by role",
                    note=f"In Anthropic's words. {_POLLED}",
                    queries=(Query("sum by (role) (anthropic_members{@})", "{{role}}"),),
                ),
                Table(
                    title="Workspaces whose next API key expires",
                    note=f"Active keys that expire at all, the next one of each workspace. {_POLLED}",
                    keys={"account": "Account", "workspace": "Workspace"},
                    sort_by="Expires in",
                    descending=False,
                    columns=(
                        Column(
                            "Expires in",
                            _ENDS,
                            "s",
                            {0: "red", 7 * 86_400: "orange", 30 * 86_400: "green"},
                        ),
                    ),
                ),
            ),
        ),
    ),
)
