"""What the stream `organization` shows: gauges of the state at the poll, none of a person."""

from exporter.model import Merge, Metric, MetricType
from exporter.streams import common_metrics

_LICENSE = "Tabnine license API, as polled"
_TEAMS = "Tabnine teams API, as polled"
_MONTHLY = "Tabnine account utilization API, as polled; the current month still moves"

ORGANIZATION_INFO = Metric(
    "tabnine_organization_info",
    MetricType.GAUGE,
    "The organization with its plan and its ways of signing in, always 1 (Tabnine organization API, "
    "as polled).",
    (
        "organization_id",
        "organization_name",
        "plan_type",
        "saml_enabled",
        "smtp_configured",
        "username_password_enabled",
        "oauth_enabled",
    ),
    merge=Merge.MAX,
)

LICENSE_EXPIRY = Metric(
    "tabnine_license_expiry_timestamp_seconds",
    MetricType.GAUGE,
    f"When the license expires, also where it has ({_LICENSE}).",
)
LICENSE_ISSUED = Metric(
    "tabnine_license_issued_timestamp_seconds",
    MetricType.GAUGE,
    f"When the license was issued ({_LICENSE}).",
)
LICENSE_SEATS = Metric(
    "tabnine_license_seats",
    MetricType.GAUGE,
    f"Seats that the license grants, assigned or not; assistant_seats is the same ({_LICENSE}).",
)
LICENSE_SEATS_CAP = Metric(
    "tabnine_license_seats_cap",
    MetricType.GAUGE,
    f"Seats up to which the license lets the organization grow ({_LICENSE}).",
)

UTILIZATION = Metric(
    "tabnine_utilization_users",
    MetricType.GAUGE,
    f"Users of the organization by status in the newest month ({_MONTHLY}).",
    ("status",),
)
UTILIZATION_MONTH = Metric(
    "tabnine_utilization_month_timestamp_seconds",
    MetricType.GAUGE,
    f"The start of the month that tabnine_utilization_users is of, in UTC ({_MONTHLY}).",
)
TEAM_UTILIZATION = Metric(
    "tabnine_team_utilization_users",
    MetricType.GAUGE,
    "Users of a team by status: registered, deactivated or invited (Tabnine team utilization API, as "
    "polled).",
    ("team_name", "status"),
    foldable_labels=("team_name",),
    group="team_name",
)

PERMISSION_USERS = Metric(
    "tabnine_permission_users",
    MetricType.GAUGE,
    "People that hold a role in the installation (Tabnine permissions API, as polled).",
    ("role",),
)
TEAM_USERS = Metric(
    "tabnine_team_users",
    MetricType.GAUGE,
    "Users of a team by role and whether they are active (Tabnine team users API, as polled).",
    ("team_name", "role", "active"),
    foldable_labels=("team_name",),
    group="team_name",
)
UNASSIGNED_USERS = Metric(
    "tabnine_unassigned_users",
    MetricType.GAUGE,
    "Users without a team by whether they are active (Tabnine organization users API, as polled).",
    ("active",),
)

TEAM_INFO = Metric(
    "tabnine_team_info",
    MetricType.GAUGE,
    f"A team with its id and whether it is the default one: 1, in other how many it holds ({_TEAMS}).",
    ("team_name", "team_id", "default_team"),
    foldable_labels=("team_name", "team_id"),
    group="team_name",
)
TEAM_SEATS_CAP = Metric(
    "tabnine_team_seats_cap",
    MetricType.GAUGE,
    f"Seats that a team may take, where a cap is set ({_TEAMS}).",
    ("team_name",),
    group="team_name",
)
TEAM_PENDING = Metric(
    "tabnine_team_pending_invitations",
    MetricType.GAUGE,
    f"Invitations to a team that were not accepted, where the installation tells ({_TEAMS}).",
    ("team_name",),
    group="team_name",
)

METRICS = (
    ORGANIZATION_INFO,
    LICENSE_EXPIRY,
    LICENSE_ISSUED,
    LICENSE_SEATS,
    LICENSE_SEATS_CAP,
    UTILIZATION,
    UTILIZATION_MONTH,
    TEAM_UTILIZATION,
    PERMISSION_USERS,
    TEAM_USERS,
    UNASSIGNED_USERS,
    TEAM_INFO,
    TEAM_SEATS_CAP,
    TEAM_PENDING,
    common_metrics.SEATS,
)
