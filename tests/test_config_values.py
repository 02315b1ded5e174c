"""A value of the wrong type or form is refused in words that say what is wanted."""

import pytest

from exporter.config.file import parse
from tests.test_config import GOOD, SECRET, problems


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", SECRET)


GITHUB = """\
targets:
  - vendor: github
    account: acme
    auth: {token_env: TOKEN}
"""
INSIGHTS = GITHUB + "    org: acme\n    streams:\n      api_insights: "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INSIGHTS + "{max_series: yes}", "max_series: must be a whole number, not yes"),
        (INSIGHTS + "{max_pages: yes}", "max_pages: must be a whole number, not yes"),
        (INSIGHTS + "{max_pages: 2.5}", "max_pages: must be a whole number, not 2.5"),
        (INSIGHTS + "{routes: {top_actors: yes}}", "top_actors: must be a whole number, not yes"),
        (
            INSIGHTS + "{actors: [{type: installation, id: yes}]}",
            "actors[0].id: must be a whole number, not yes",
        ),
        (
            INSIGHTS + "{max_series: '10'}",
            "max_series: must be a whole number, not '10'; write it without quotes",
        ),
        (
            INSIGHTS + "{enabled: 'no'}",
            "enabled: must be true or false, not 'no'; write it without quotes",
        ),
        (INSIGHTS + "{enabled: 1}", "enabled: must be true or false, not 1"),
        (
            INSIGHTS + "{requests_per_minute: yes}",
            "requests_per_minute: must be a number, not yes",
        ),
        (
            INSIGHTS + "{requests_per_minute: '0.5'}",
            "requests_per_minute: must be a number, not '0.5'; write it without quotes",
        ),
        (INSIGHTS + "{machine_users: bot}", "machine_users: must be a list, as [bot], not 'bot'"),
        (INSIGHTS + "{machine_users: [7]}", "[0]: must be text, not 7; put it in quotes"),
        (INSIGHTS + "{machine_users: [2024-01-01]}", "must be text, not 2024-01-01; put it in"),
        (INSIGHTS + "{machine_users: !!set {bot}}", "must be a list, not a single value"),
        (
            INSIGHTS + "{routes: {actors: {type: installation, id: 1}}}",
            "routes.actors: must be a list, not a block of keys; begin each item with a dash",
        ),
        (INSIGHTS + "{drop_labels: }", "drop_labels: must be a list, not empty"),
        (GOOD + "limits: {series_per_stream: yes}", "must be a whole number, not yes"),
        (GOOD + "privacy: {min_group_size: yes}", "must be a whole number, not yes"),
        (GOOD + "    requests_per_minute: yes", "must be a number, not yes"),
        (GOOD + "    proxy: !!binary aHR0cDovL3g=", "proxy: must be http://HOST:PORT"),
        (
            GITHUB + "    org: acme\n    streams: {billing_usage: {cost_centers: all}}",
            "cost_centers: must be 'auto', 'off' or a list, not 'all'",
        ),
        (
            GITHUB + "    org: acme\n    streams: {billing_usage: {cost_centers: [5]}}",
            "cost_centers[0]: must be text, not 5; put it in quotes",
        ),
        (
            GITHUB + "    enterprise: acme\n    streams: {usage_reports: {report_types: []}}",
            "report_types: is empty; give at least one",
        ),
    ],
)
def test_a_value_of_another_type_is_an_error(text: str, expected: str) -> None:
    """A yes that became 1 would bound the series to one, or show every team by name."""
    [problem] = problems(text)
    assert expected in problem


def test_what_people_write_for_a_type_is_taken() -> None:
    """Whole numbers with a point, numbers for parts of one, words that YAML takes for booleans."""
    [target, tabnine] = parse(
        INSIGHTS + "{max_series: 10.0, requests_per_minute: 3, lookback: 0, enabled: yes,"
        " actors: [{type: installation, id: 7}]}\n"
        "      billing_usage: {cost_centers: off}\n"
        "    api_version: 2026-03-10\n"
        "  - {vendor: tabnine, account: b, auth: {token_env: TOKEN},"
        " streams: {usage: {agent_usage: off}}}\n",
        "c.yaml",
    ).targets
    options = target.streams.api_insights
    assert (options.max_series, options.requests_per_minute, options.lookback) == (10, 3, 0)
    assert [actor.id for actor in options.actors] == [7]
    assert target.streams.billing_usage.cost_centers == "off"
    assert target.api_version == "2026-03-10"
    assert tabnine.streams.usage.agent_usage == "off"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GITHUB + "    org: a\n    streams: {usage: {}}",
            "(usage is a stream of tabnine and a stream of anthropic)",
        ),
        (
            GITHUB + "    org: a\n    streams: {team_usage: {}}",
            "(team_usage is a stream of tabnine)",
        ),
        (
            GITHUB + "    org: a\n    organization_id: b",
            "(organization_id is a key of tabnine and cursor targets)",
        ),
        (GOOD + "    org: acme", "(org is a key of github targets)"),
        (GOOD + "    max_series: 5", "(max_series is a key of a stream)"),
        (GOOD + "timeout: 5s", "(timeout is a key of a target)"),
        (
            GOOD + "    users: plain",
            "(users is a key of api_insights and copilot_reports and a key of privacy)",
        ),
        (GOOD + "    token_file: x", "(token_file is a key of auth)"),
        (GOOD + "birth_hold: 1m", "(birth_hold is a key of counting)"),
        (GOOD + "    state: {}", "(state is a key of the top level)"),
        (GOOD + '"tuple[x": 1', "spelling"),
    ],
)
def test_a_key_that_is_known_elsewhere_is_told_where(text: str, expected: str) -> None:
    """It is spelled right, so the key itself is never suggested."""
    [problem] = problems(text)
    assert problem.endswith(expected)
    assert "did you mean" not in problem


@pytest.mark.parametrize(
    "address", ["api.github.com", "HTTPS://x", "https://x?y=1", "https://u:p@x"]
)
@pytest.mark.parametrize(
    ("target", "usual"),
    [
        (GITHUB + "    org: acme\n", "https://api.github.com"),
        (GOOD.replace("cursor", "tabnine"), "https://console.tabnine.com"),
        (GOOD, "https://api.cursor.com"),
    ],
)
def test_an_address_is_refused_with_an_example_of_its_vendor(
    target: str, usual: str, address: str
) -> None:
    """One rule for all vendors, and no regular expression."""
    [problem] = problems(f"{target}    base_url: {address}\n")
    assert problem.endswith(
        "targets[0].base_url: must begin with https:// or http:// and have no user name, query or"
        f" fragment, as {usual}"
    )


@pytest.mark.parametrize("port", ["0", "65536", "99999", SECRET])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    """What stands for it may be a password, and is not repeated."""
    [problem] = problems(f"{GOOD}    base_url: https://example.com:{port}\n")
    assert "targets[0].base_url: " in problem
    assert "port" in problem
    parse(f"{GOOD}    base_url: https://example.com:65535\n", "c.yaml")


@pytest.mark.parametrize("key", ["org", "enterprise"])
@pytest.mark.parametrize(
    "name", ["https://github.com/acme", "acme/x", "two words", "@acme", "acme.com", "\u200bacme"]
)
def test_an_organization_is_named_by_its_login(key: str, name: str) -> None:
    """An address would be asked for at every poll, and answered with 404."""
    [problem] = problems(f"{GITHUB}    {key}: '{name}'\n")
    assert f"targets[0].{key}: must be the " in problem
    assert (
        f"alone, letters, digits and hyphens without an address, as acme, not {name!r}" in problem
    )


def test_a_version_is_refused_with_an_example() -> None:
    [problem] = problems(GITHUB + "    org: acme\n    api_version: latest\n")
    assert "api_version: must be a date, as 2022-11-28, not 'latest'" in problem
