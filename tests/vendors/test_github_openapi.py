"""GitHub's own example bodies, as its OpenAPI description has them, fit the records that read them."""

import json
from importlib import import_module
from pathlib import Path
from types import GenericAlias
from typing import Any, NamedTuple

import pytest

from exporter.streams.payload import decode, drift

EXAMPLES: dict[str, list[Any]] = json.loads(
    (Path(__file__).parents[1] / "streams/fixtures/github/openapi_examples.json").read_text("utf-8")
)
ENTERPRISE, ORG, ORGANIZATION = "/enterprises/{enterprise}", "/orgs/{org}", "/organizations/{org}"
REPORTS = "copilot/metrics/reports"
BILLING = "settings/billing"


class Reads(NamedTuple):
    """The record of an answer (or of its rows): its module among GitHub's, and its name.

    `knows` is the record whose fields are the known ones, None where unknown fields are not counted.
    """

    module: str
    record: str
    knows: str | None
    many: bool = False

    def kind(self, name: str) -> Any:
        record = getattr(import_module(f"exporter.vendors.github.{self.module}"), name)
        return GenericAlias(list, (record,)) if self.many else record


def reads(module: str, record: str, *, many: bool = False) -> Reads:
    return Reads(module, record, record, many)


USAGE_DAYS = reads("copilot_usage", "Day", many=True)
LINKS = reads("copilot_reports.records", "Links")
SEATS = reads("copilot_seats", "SeatsPage")
EXPORT = reads("usage_reports.exports", "Export")
INSTALLATION = Reads("app_auth", "_Installation", None)

READS: dict[str, Reads] = {
    **{
        f"GET {scope}{team}/copilot/usage": USAGE_DAYS
        for scope in (ENTERPRISE, ORG)
        for team in ("", "/team/{team_slug}")
    },
    f"GET {ENTERPRISE}/{REPORTS}/enterprise-1-day": LINKS,
    f"GET {ENTERPRISE}/{REPORTS}/users-1-day": LINKS,
    f"GET {ENTERPRISE}/{REPORTS}/user-teams-1-day": LINKS,
    f"GET {ORG}/{REPORTS}/organization-1-day": LINKS,
    f"GET {ORG}/{REPORTS}/users-1-day": LINKS,
    f"GET {ORG}/{REPORTS}/user-teams-1-day": LINKS,
    f"GET {ORG}/copilot/billing": reads("copilot_seats", "Billing"),
    f"GET {ORG}/copilot/billing/seats": SEATS,
    f"GET {ENTERPRISE}/copilot/billing/seats": SEATS,
    "GET /rate_limit": reads("rate_limit", "_Overview"),
    f"GET {ENTERPRISE}/{BILLING}/reports": reads("usage_reports.exports", "ExportList"),
    f"POST {ENTERPRISE}/{BILLING}/reports": EXPORT,
    f"GET {ENTERPRISE}/{BILLING}/reports/{{report_id}}": EXPORT,
    **{
        f"GET {scope}/{BILLING}/{path}": reads("billing.api", record)
        for scope in (ENTERPRISE, ORGANIZATION)
        for path, record in (
            ("usage", "Usage"),
            ("usage/summary", "Summary"),
            ("budgets", "BudgetPage"),
            ("budgets/{budget_id}", "Budget"),
        )
    },
    f"GET {ENTERPRISE}/{BILLING}/cost-centers": reads("billing.api", "CostCenters"),
    "POST /app/installations/{installation_id}/access_tokens": Reads("app_auth", "_Token", None),
    f"GET {ORG}/installation": INSTALLATION,
    f"GET {ENTERPRISE}/installation": INSTALLATION,
}


@pytest.mark.parametrize("asked", READS)
def test_every_example_fits_its_record(asked: str) -> None:
    """Each body decodes, and holds no field that the record would count as unknown."""
    wanted = READS[asked]
    assert EXAMPLES[asked]
    for example in EXAMPLES[asked]:
        body = json.dumps(example).encode()
        decode(body, wanted.kind(wanted.record), asked)
        if wanted.knows is not None:
            assert not drift(body, wanted.kind(wanted.knows))


def test_no_example_is_left_over() -> None:
    """An example without a record would be read by nobody."""
    assert EXAMPLES.keys() == READS.keys()
