"""The workspaces, API keys and members of an organization of Anthropic's Console."""

from grafana.build.page import Row
from grafana.build.panels import Column, Query, Stat, Table
from grafana.build.workspaces import INFO

_POLLED = "As last polled, mostly an hour ago. With an Admin key."
_EXPIRES = "anthropic_api_key_expiry_timestamp_seconds{@}"
_WEEK, _MONTH = 7 * 86400, 30 * 86400

ORGANIZATION = Row(
    "API keys, workspaces and members",
    (
        Stat(
            title="Active API keys",
            note=f"Admin keys are not among them. {_POLLED}",
            query=Query('sum(anthropic_api_keys{@, status="active"})'),
        ),
        Stat(
            title="Next API key ends in",
            note=f"The first of the active ones that end at all. {_POLLED}",
            unit="s",
            decimals=0,
            steps={0: "red", _WEEK: "orange", _MONTH: "green"},
            missing="unknown, or never",
            query=Query(f"min({_EXPIRES}) - time()"),
        ),
        Stat(
            title="Active workspaces",
            note=f"Without the default one, which is in no list. {_POLLED}",
            query=Query('sum(anthropic_workspaces{@, status="active"})'),
        ),
        Table(
            title="API keys by status",
            note=f"Inactive ones were switched off. {_POLLED}",
            keys={"status": "Status"},
            width=6,
            columns=(Column("Keys", "sum by (status) (anthropic_api_keys{@})"),),
        ),
        Table(
            title="Members",
            note=f"By role. {_POLLED}",
            keys={"role": "Role"},
            width=6,
            columns=(Column("Members", "sum by (role) (anthropic_members{@})"),),
        ),
        Table(
            title="Next API key to end, by workspace",
            note=f"Workspaces without an active key that ends are not in it. {_POLLED}",
            keys={"workspace_name": "Workspace", "workspace": "Id"},
            width=24,
            descending=False,
            columns=(
                Column(
                    "Ends in",
                    "min by (workspace, workspace_name) ("
                    f"({_EXPIRES} - time()) * on (account, workspace) group_left (workspace_name) {INFO})",
                    "s",
                    {0: "red", _WEEK: "orange", _MONTH: "text"},
                ),
            ),
        ),
    ),
)
