"""The metrics of stream `copilot_seats`."""

from exporter.model import Metric, MetricType
from exporter.streams import common_metrics

_BILLING = "GitHub Copilot billing API, as last polled"
_LIST = "GitHub Copilot seats API; activity is up to 24 hours late"

SEATS = Metric(
    "github_copilot_seats",
    MetricType.GAUGE,
    f"Copilot seats that are billed, each person once ({_BILLING}).",
)
ADDED = Metric(
    "github_copilot_seats_added_this_cycle",
    MetricType.GAUGE,
    f"Copilot seats that were added in the current billing cycle ({_BILLING}).",
)
ACTIVE = Metric(
    "github_copilot_seats_active_this_cycle",
    MetricType.GAUGE,
    f"Copilot seats that were used in the current billing cycle ({_BILLING}).",
)
INACTIVE = Metric(
    "github_copilot_seats_inactive_this_cycle",
    MetricType.GAUGE,
    f"Copilot seats that were not used in the current billing cycle ({_BILLING}).",
)
INVITED = Metric(
    "github_copilot_seats_pending_invitation",
    MetricType.GAUGE,
    f"People who are invited to a Copilot seat and have not accepted ({_BILLING}).",
)
CANCELLED = Metric(
    "github_copilot_seats_pending_cancellation",
    MetricType.GAUGE,
    f"Copilot seats that end with the current billing cycle ({_BILLING}).",
)
IDLE = Metric(
    "github_copilot_seats_idle",
    MetricType.GAUGE,
    f"Copilot seats by the time since they were last used, each person once ({_LIST}).",
    ("idle",),
    foldable_labels=(),
)
BY_PLAN = Metric(
    "github_copilot_plan_seats",
    MetricType.GAUGE,
    f"Copilot seats by plan, each person once with the greatest ({_LIST}).",
    ("plan",),
)
BY_EDITOR = Metric(
    "github_copilot_editor_seats",
    MetricType.GAUGE,
    f"Copilot seats by the editor that was last used, each person once ({_LIST}).",
    ("editor",),
)
METRICS = (
    SEATS,
    ADDED,
    ACTIVE,
    INACTIVE,
    INVITED,
    CANCELLED,
    IDLE,
    BY_PLAN,
    BY_EDITOR,
    common_metrics.SEATS,
)
