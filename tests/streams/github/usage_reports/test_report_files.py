"""What files of exports may hold: other units, other spellings, other days, odd cells, or nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporter.client.errors import State
from exporter.model import HOUR
from tests.streams.github.usage_reports.test_usage_reports import (
    case_of,
    creating,
    export,
    row,
    spent,
    text_of,
)
from tests.streams.harness import Case, Pipeline

MADE = "2026-01-06T10:00:00Z"
CREDITS = "github_ai_credit_quantity_total"
CREDITS_NET = "github_ai_credit_net_usd_total"
TOKENS = "github_ai_credit_tokens_total"
PREMIUM = "github_premium_request_quantity_total"
OF_MODELS = "date,model,quantity,unit_type,net_amount,organization"


def run_of(tmp_path: Path, report_type: str, text: str, **options: Any) -> Pipeline:
    """A stream of one type, of which there is one export with one file."""
    one = export("one", MADE) | {"report_type": report_type}
    case = case_of([one], {"one": text})
    return Pipeline(case, tmp_path, options={"report_types": [report_type], **options})


async def test_credits_and_requests_of_one_file_are_not_added_up(tmp_path: Path) -> None:
    """A file of the month in which credits began says of requests how many credits they are."""
    text = text_of(
        "2026-01-03,Model A,0.8999999999999999,requests,0.04,org-a,9.352494",
        "2026-01-03,Model A,12.5,ai-credits,0.125,org-a,",
        "2026-01-03,Model A,2,AI credits,0.02,org-a,2",
        header=f"{OF_MODELS},aic_quantity",
    )
    async with run_of(tmp_path, "ai_credit", text) as run:
        await run.poll()
        assert (run.status.state, run.status.rejected) == (State.OK, {})
        assert run.values(CREDITS) == {("Model A", "org-a", "", "explicit"): 23.852494}
        assert run.values(CREDITS_NET) == {("Model A", "org-a", "", "explicit"): 0.185}


@pytest.mark.parametrize(
    ("report_type", "unit", "other", "metric"),
    [
        ("ai_credit", "ai-credits", "requests", CREDITS),
        ("premium_request", "requests", "ai-credits", PREMIUM),
    ],
)
async def test_a_quantity_in_another_unit_is_left_out_and_told(
    report_type: str, unit: str, other: str, metric: str, tmp_path: Path
) -> None:
    """Where the file does not say how many it would be, and however many such rows it has."""
    text = text_of(
        *[f"2026-01-03,Model A,0.9,{other},0.04,org-a"] * 30,
        f"2026-01-03,Model A,12.5,{unit},0.125,org-a",
        header=OF_MODELS,
    )
    async with run_of(tmp_path, report_type, text) as run:
        await run.poll()
        assert (run.status.state, run.status.rejected) == (State.OK, {"unit_type": 30})
        assert run.values(metric) == {("Model A", "org-a", "", "explicit"): 12.5}


@pytest.mark.parametrize(
    "spelled",
    [
        "input,output,cache_read,cache_write",
        "input_tokens,output_tokens,cache_read_tokens,cache_write_tokens",
        "total_input_tokens,total_output_tokens,total_cache_read_tokens,total_cache_creation_tokens",
    ],
)
async def test_tokens_are_read_in_every_spelling(spelled: str, tmp_path: Path) -> None:
    """Files of one type have had several."""
    text = text_of(
        "2026-01-03,Model A,12.5,ai-credits,0.125,org-a,1000,200,50,10",
        header=f"{OF_MODELS},{spelled}",
    )
    async with run_of(tmp_path, "ai_credit", text) as run:
        await run.poll()
        assert run.status.drift == {}
        kinds = {"input": 1000, "output": 200, "cache_read": 50, "cache_write": 10}
        assert run.values(TOKENS) == {("Model A", kind, "explicit"): n for kind, n in kinds.items()}


async def test_a_model_that_copilot_chose_is_not_another_model(tmp_path: Path) -> None:
    """How it was chosen is a label of its own."""
    text = text_of(
        "2026-01-03,Model A,4,ai-credits,0.04,org-a,7",
        "2026-01-03,Auto: Model A,2,ai-credits,0.02,org-a,5",
        header=f"{OF_MODELS},input",
    )
    async with run_of(tmp_path, "ai_credit", text) as run:
        await run.poll()
        assert run.values(CREDITS) == {
            ("Model A", "org-a", "", "explicit"): 4,
            ("Model A", "org-a", "", "auto"): 2,
        }
        assert run.values(TOKENS) == {
            ("Model A", "input", "explicit"): 7,
            ("Model A", "input", "auto"): 5,
        }


@pytest.mark.parametrize(
    ("odd", "column"),
    [
        ("yesterday,Model A,1,ai-credits,0,org-a,1", "date"),
        (",Model A,1,ai-credits,0,org-a,1", "date"),
        ("2026-01-03,Model A,,ai-credits,0,org-a,1", "quantity"),
        ("2026-01-03,Model A,1,ai-credits,,org-a,1", "net_amount"),
        ("2026-01-03,Model A,1,ai-credits,0,org-a,-1", "input"),
        ("2026-01-03,Model A,1,ai-credits,0,org-a,many", "input"),
        ("2026-01-03,Model A,1,ai-credits,0,org-a,1,and more", "other"),
    ],
)
async def test_an_odd_row_costs_itself_only(odd: str, column: str, tmp_path: Path) -> None:
    """All of it: none of its numbers is counted."""
    text = text_of(odd, "2026-01-03,Model A,4,ai-credits,0.04,org-a,7", header=f"{OF_MODELS},input")
    async with run_of(tmp_path, "ai_credit", text) as run:
        await run.poll()
        assert (run.status.state, run.status.rejected) == (State.OK, {column: 1})
        assert sum(run.values(CREDITS).values()) == 4
        assert sum(run.values(TOKENS).values()) == 7


async def test_a_file_of_other_days_only_is_an_error(tmp_path: Path) -> None:
    """A filter that drops everything would look like days without usage."""
    text = text_of(row("2025-11-03", "4"), row("2025-11-04", "4"))
    async with run_of(tmp_path, "summarized", text) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "all 2 rows are of other days" in run.status.reason


@pytest.mark.parametrize("links", [[], None])
async def test_an_export_without_files_is_one_of_days_without_usage(
    links: list[str] | None, tmp_path: Path
) -> None:
    """It is read once, and what an older one told of its days is taken back."""
    old = export("old", "2026-01-06T09:00:00Z")
    exports = [old]
    async with Pipeline(
        case_of(exports, {"old": text_of(row("2026-01-03", "4"))}), tmp_path
    ) as run:
        await run.poll()
        assert spent(run) == 4
        exports.append(export("one", MADE, "2026-01-04") | {"download_urls": links})
        for _ in range(3):
            await run.poll(after=HOUR)
            assert run.status.state is State.OK, run.status.reason
        assert (spent(run), len(run.vendor.asked("/one"))) == (4, 1)


@pytest.mark.parametrize("status", ["queued", "pending", "in_progress", "processing"])
async def test_while_an_export_is_in_the_works_no_other_is_made(
    status: str, tmp_path: Path
) -> None:
    """Whatever GitHub calls it."""
    async with creating(tmp_path) as run:
        run.world.exports.processing_seconds = 5 * HOUR
        run.world.exports.create("detailed", 0, 0, "monalisa", run.clock.now)
        run.vendor.around = renamed(status)
        for _ in range(3):
            await run.poll(after=HOUR)
        assert run.vendor.made("POST") == []


def renamed(status: str) -> Any:
    async def around(_: Any, response: Any) -> None:
        response._content = response.content.replace(b'"processing"', f'"{status}"'.encode())

    return around


@pytest.mark.parametrize(
    ("base_url", "link", "asked", "signed"),
    [
        (
            "https://gateway.example/github/",
            "https://api.github.com/enterprises/acme/metered_exports/one?x=1",
            "https://gateway.example/github/enterprises/acme/metered_exports/one?x=1",
            False,
        ),
        (
            "https://gateway.example/github/",
            "https://files.example.net/one?sig=s1gned",
            "https://files.example.net/one?sig=s1gned",
            True,
        ),
        (
            "https://gateway.example/github/",
            "https://github.com/enterprises/acme/metered_exports/one",
            "https://github.com/enterprises/acme/metered_exports/one",
            True,
        ),
    ],
)
async def test_links_that_a_gateway_left_as_they_were_lead_through_the_gateway(
    base_url: str, link: str, asked: str, signed: bool, tmp_path: Path
) -> None:
    """With the credential; one to any other host is opened as it is and without."""
    one = export("one", MADE) | {"download_urls": [link]}
    case = case_of([one], {"one": text_of(row("2026-01-03", "4"))})
    routes = [replace(r, path=f"/github{r.path}" if r.path != "/" else "/") for r in case.routes]
    target = {**case.target, "base_url": base_url}
    case = Case(**{**vars(case), "routes": routes, "target": target})
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        requests = [r for r in run.vendor.requests if str(r.url) == asked]
        assert requests
        assert all(("authorization" in r.headers) is not signed for r in requests)
        hosts = {r.url.host for r in run.vendor.requests if "authorization" in r.headers}
        assert hosts == {"gateway.example"}
