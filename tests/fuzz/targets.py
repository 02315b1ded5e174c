"""Everything that is fed, and with how much."""

from tests.fuzz import answers, exposition, payloads, polls, settings, streams, web
from tests.fuzz.campaign import Target
from tests.streams.cases import CASES

REMEMBERING = frozenset(
    {
        *("github/billing_usage", "github/usage_reports", "github/copilot_reports"),
        "github/ai_credits",
        *("tabnine/audit_log", "tabnine/team_usage", "tabnine/user_usage", "cursor/usage_events"),
        *("anthropic/usage", "anthropic/cost", "anthropic/claude_code"),
        *("anthropic/enterprise", "anthropic/enterprise_usage"),
    }
)
"""The streams that remember something from poll to poll, or how far a walk is."""

TARGETS = (
    Target("JSON records", 180, payloads.json_records),
    Target("JSON lines", 90, payloads.json_lines),
    Target("CSV rows", 100, payloads.csv_rows),
    *(Target(f"read {case.vendor}/{case.stream}", 1.5, streams.reads_of(case)) for case in CASES),
    *(
        Target(f"progress {case.vendor}/{case.stream}", 0.4, streams.memories_of(case))
        for case in CASES
        if f"{case.vendor}/{case.stream}" in REMEMBERING
    ),
    Target("polls and recovery", 0.2, polls.damaged_and_healed),
    Target("response headers", 20, answers.headers),
    Target("exposition", 15, exposition.labels),
    Target("durations", 250, settings.durations),
    Target("configuration", 0.8, settings.configuration),
    Target("web configuration", 4, settings.web_configuration),
    Target("Accept headers", 300, web.negotiation),
    Target("requests", 8, web.requests),
)
