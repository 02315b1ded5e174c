"""What a stream needs of a GitHub credential, and the words that several streams say it with."""

from dataclasses import dataclass

REST = "https://docs.github.com/enterprise-cloud@latest/rest"
RATE_LIMIT = f"{REST}/rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user"
APPS = f"{REST}/apps/apps#create-an-installation-access-token-for-an-app"


@dataclass(frozen=True, slots=True)
class Right:
    """What a stream needs: of the person, of each kind of credential, of the account.

    `classic` are scopes of which one is enough, empty where GitHub documents none. `fine_grained` and
    `app` are None where such a credential cannot have the right. `unused` is why there may be nothing
    to read (404) though nothing is wrong; `gone` why there may be no such API, and nothing else is.
    """

    document: str
    who: str = ""
    classic: tuple[str, ...] = ()
    fine_grained: str | None = None
    app: str | None = None
    plan: str = ""
    policy: str = ""
    unused: str = ""
    gone: str = ""


COPILOT = "Copilot Business or Enterprise"
BILLING = "the enhanced billing platform"
BILL_READER = "an owner, a billing manager, or somebody with a role that reads enterprise billing"
SEAT_PERMISSION = (
    'the organization permission "GitHub Copilot Business" (read) or "Administration" (read)'
)

_SEATS = f"{REST}/copilot/copilot-user-management#list-all-copilot-seat-assignments-for-an"
SEAT_READER = {
    "org": Right(
        document=f"{_SEATS}-organization",
        who="an owner",
        classic=("manage_billing:copilot", "read:org"),
        fine_grained=SEAT_PERMISSION,
        app=SEAT_PERMISSION,
        plan=COPILOT,
    ),
    "enterprise": Right(
        document=f"{_SEATS}-enterprise",
        who="an owner or a billing manager",
        classic=("manage_billing:copilot", "read:enterprise"),
        app='the permission "Enterprise Copilot license management" (whether it is enough is open)',
        plan=COPILOT,
    ),
}
"""By the scope of a target, what reads its list of seats."""
