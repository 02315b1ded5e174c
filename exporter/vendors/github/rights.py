"""Which right each stream needs of a GitHub credential, and where GitHub documents it."""

from collections.abc import Mapping
from dataclasses import dataclass

_REST = "https://docs.github.com/enterprise-cloud@latest/rest"
RATE_LIMIT = f"{_REST}/rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user"
APPS = f"{_REST}/apps/apps#create-an-installation-access-token-for-an-app"


@dataclass(frozen=True, slots=True)
class Right:
    """What a stream needs: of the person, of each kind of credential, of the account.

    `classic` are scopes of which one is enough, empty where GitHub documents none. `fine_grained` and
    `app` are None where such a credential cannot have the right.
    """

    document: str
    who: str = ""
    classic: tuple[str, ...] = ()
    fine_grained: str | None = None
    app: str | None = None
    plan: str = ""
    policy: str = ""


_COPILOT = "Copilot Business or Enterprise"
_BILLING = "the enhanced billing platform"
_REPORTS = f"{_REST}/copilot/copilot-usage-metrics"
_SEATS = f"{_REST}/copilot/copilot-user-management"
_BILL = f"{_REST}/billing/usage#get-billing-usage-summary-for-an-enterprise"
_ORGANIZATION_BILL = (
    "https://docs.github.com/rest/billing/usage#get-billing-usage-summary-for-an-organization"
)
_EXPORTS = f"{_REST}/billing/usage-reports#list-usage-report-exports"
_BILL_READER = "an owner, a billing manager, or somebody with a role that reads enterprise billing"
_SEAT_PERMISSION = (
    'the organization permission "GitHub Copilot Business" (read) or "Administration" (read)'
)
_METRICS_PERMISSION = 'the organization permission "Organization Copilot metrics" (read)'
_ENTERPRISE_METRICS = 'the enterprise permission "Enterprise Copilot metrics" (read)'
_EXPORT_PERMISSION = (
    'the enterprise permission "Enterprise billing" (read) or "Enterprise administration" (write)'
)
_METRICS_POLICY = 'the policy "Copilot usage metrics" must be enabled'

_CLOSED = Right(
    document=_REPORTS,
    who="an owner",
    classic=("manage_billing:copilot", "read:org", "read:enterprise"),
    fine_grained=_SEAT_PERMISSION,
    app=_SEAT_PERMISSION,
    plan=_COPILOT,
    policy="the policy for access to the Copilot metrics API must be enabled",
)

RIGHTS: Mapping[tuple[str, str], Right] = {
    ("api_insights", "org"): Right(
        document=f"{_REST}/orgs/api-insights#get-summary-stats",
        who='an owner, or somebody with the role "View organization API insights"',
        fine_grained='the organization permission "API Insights" (read)',
        app='the organization permission "API Insights" (read)',
        plan="GitHub Enterprise Cloud",
    ),
    ("copilot_reports", "org"): Right(
        document=f"{_REPORTS}#get-copilot-organization-usage-metrics-for-a-specific-day",
        who='an owner, or somebody with the role "View Organization Copilot Metrics"',
        classic=("read:org",),
        fine_grained=_METRICS_PERMISSION,
        app=_METRICS_PERMISSION,
        plan=_COPILOT,
        policy=_METRICS_POLICY,
    ),
    ("copilot_reports", "enterprise"): Right(
        document=f"{_REPORTS}#get-copilot-enterprise-usage-metrics-for-a-specific-day",
        who='an owner, a billing manager, or somebody with the role "View Enterprise Copilot Metrics"',
        classic=("manage_billing:copilot", "read:enterprise"),
        fine_grained=_ENTERPRISE_METRICS,
        app=_ENTERPRISE_METRICS,
        plan=_COPILOT,
        policy=f"{_METRICS_POLICY} everywhere",
    ),
    ("copilot_seats", "org"): Right(
        document=f"{_SEATS}#list-all-copilot-seat-assignments-for-an-organization",
        who="an owner",
        classic=("manage_billing:copilot", "read:org"),
        fine_grained=_SEAT_PERMISSION,
        app=_SEAT_PERMISSION,
        plan=_COPILOT,
    ),
    ("copilot_seats", "enterprise"): Right(
        document=f"{_SEATS}#list-all-copilot-seat-assignments-for-an-enterprise",
        who="an owner or a billing manager",
        classic=("manage_billing:copilot", "read:enterprise"),
        app='the permission "Enterprise Copilot license management" (whether it is enough is open)',
        plan=_COPILOT,
    ),
    ("billing_usage", "org"): Right(
        document=_ORGANIZATION_BILL,
        who="an owner",
        fine_grained='the organization permission "Administration" (read), as is customary',
        app='the organization permission "Administration" (read), as is customary',
        plan=f"{_BILLING}; one billed through its enterprise has no bill of its own",
    ),
    ("billing_usage", "enterprise"): Right(
        document=_BILL,
        who=_BILL_READER,
        app='the enterprise permission "Enterprise billing" (read), which not all can grant yet',
        plan=_BILLING,
    ),
    ("usage_reports", "enterprise"): Right(
        document=_EXPORTS,
        who=_BILL_READER,
        classic=("manage_billing:enterprise",),
        fine_grained=_EXPORT_PERMISSION,
        app=_EXPORT_PERMISSION,
        plan=_BILLING,
    ),
    ("copilot_usage", "org"): _CLOSED,
    ("copilot_usage", "enterprise"): _CLOSED,
    ("copilot_metrics", "org"): _CLOSED,
    ("copilot_metrics", "enterprise"): _CLOSED,
    ("rate_limit", "org"): Right(document=RATE_LIMIT),
    ("rate_limit", "enterprise"): Right(document=RATE_LIMIT),
}
"""By stream, and whether the target is an organization or an enterprise."""
