"""The plan of a configuration: what it asks of the vendors, how many series it gives, and what does not fit."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import paper
from exporter.commands import main
from exporter.config.file import parse
from exporter.model import DAY
from exporter.preflight import plan
from exporter.streams.options import CountingOptions
from exporter.vendors import VENDORS, cursor
from tests.keys import rsa_pem

GITHUB = {"vendor": "github", "auth": {"token_env": "TOKEN"}}
TABNINE = {"vendor": "tabnine", "auth": {"token_env": "TABNINE"}}
OFF = {"enabled": False}
CURSOR_STREAMS = [stream.name for stream in cursor.VENDOR.streams]
CURSOR = {"vendor": "cursor", "auth": {"token_env": "CURSOR"}}
APP = {"client_id": "Iv1.a", "private_key_file": "key.pem"}


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("TOKEN", "OTHER", "TABNINE", "CURSOR"):
        monkeypatch.setenv(name, "a-secret")
    for path in ("token", "link"):
        Path(path).write_text("a-secret", encoding="utf-8")
    Path("key.pem").write_text(rsa_pem(), encoding="utf-8")


def github(account: str = "acme", **more: Any) -> dict[str, Any]:
    return {**GITHUB, "account": account, "org": account, **more}


def planned(*targets: dict[str, Any], **rest: Any) -> plan.Plan:
    return plan.of(parse(json.dumps({"targets": targets, **rest}), "c.yaml"))


def rendered(what: plan.Plan) -> str:
    return plan.render(what, paper.plain())


def warned(*targets: dict[str, Any], **rest: Any) -> list[str]:
    """The warnings of a plan, without the word."""
    lines = rendered(planned(*targets, **rest)).splitlines()
    return [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")]


def shared(*targets: dict[str, Any], **rest: Any) -> list[str]:
    """The warnings of limits that targets share."""
    return [warning for warning in warned(*targets, **rest) if " share the limits of " in warning]


def streams(*targets: dict[str, Any], **rest: Any) -> dict[str, plan.StreamPlan]:
    return {each.key.stream: each for each in planned(*targets, **rest).streams}


def check(*flags: str) -> Result:
    return CliRunner().invoke(main, ["check", *flags])


def test_the_table_has_a_row_for_each_endpoint_group_of_a_stream() -> None:
    """Interval and lookback as configured, requests as configured and by default, share, series."""
    changes = {"interval": "3m", "lookback": "31d", "drop_labels": ["model"]}
    target = {
        **CURSOR,
        "account": "acme",
        "streams": {**dict.fromkeys(CURSOR_STREAMS, OFF), "ai_code_changes": changes},
    }
    assert rendered(planned(target)) == (
        "target       stream           interval  lookback  endpoint group       requests/h"
        "  by default  limit/h  share  series\n"
        "cursor/acme  ai_code_changes  3m        31d       ai-code/changes      about 60  "
        "  about 8     1200     5%     up to 5000\n"
        "cursor/acme  ai_code_changes  3m        31d       ai-code/changes.csv  about 60  "
        "  about 8     1200     5%"
    )


def test_a_stream_that_reads_the_present_has_no_lookback() -> None:
    found = streams(github())
    assert found["rate_limit"].lookback is None
    assert found["copilot_reports"].lookback == 7 * DAY
    assert " 1m        -         rate_limit " in rendered(planned(github()))


def test_streams_that_count_have_a_lookback_and_no_others() -> None:
    """An option that does nothing would be taken for one that does."""
    for stream in (stream for vendor in VENDORS for stream in vendor.streams):
        assert issubclass(stream.options, CountingOptions) == (stream.bucket is not None)


def test_the_default_pace_keeps_sizes_and_changes_only_the_pace() -> None:
    """What 20 teams cost is compared with what they would cost at the default interval."""
    options = {"team_usage": {"interval": "10m", "expected_teams": 20}}
    [requests] = streams({**TABNINE, "account": "acme", "streams": options})["team_usage"].requests
    assert (requests.hourly, requests.by_default) == (22 * 6, 22)


def test_a_first_read_that_takes_long_is_told_before() -> None:
    """Two million events in thirty days: requests and minutes at the pace of Cursor, or of the target."""
    options = {"lookback": "30d", "expected_events_per_day": 66_667}
    only = {**dict.fromkeys(CURSOR_STREAMS, OFF), "usage_events": options}
    target = {**CURSOR, "account": "acme", "streams": only}
    told = "cursor/acme/usage_events: the first read makes about 2077 requests to usage-events"
    assert f"note: {told}, which takes about 35 minutes" in rendered(planned(target))
    slower = {**target, "requests_per_minute": 20}
    assert f"note: {told}, which takes about 104 minutes" in rendered(planned(slower))
    [first] = streams(target)["usage_events"].first_read
    assert (first.requests, round(first.minutes, 2)) == (31 * 67, 34.62)
    assert "note: " not in rendered(planned({**CURSOR, "account": "acme"}))


def test_all_of_it_is_there_as_json(tmp_path: Path) -> None:
    """For programs: the same numbers and warnings."""
    file = {"targets": [github(streams={"rate_limit": {"interval": "30s"}}), github("two")]}
    Path("config.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    result = check("--output=json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert found["warnings"] == warned(*file["targets"])
    [rate_limit] = [
        each
        for each in found["streams"]
        if (each["account"], each["stream"]) == ("acme", "rate_limit")
    ]
    assert rate_limit == {
        "vendor": "github",
        "account": "acme",
        "stream": "rate_limit",
        "interval_seconds": 30,
        "lookback_seconds": None,
        "requests": [
            {
                "endpoint_group": "rate_limit",
                "per_hour": 120.0,
                "per_hour_by_default": 60.0,
                "limit_per_hour": 3600.0,
                "share": 0.033333,
            }
        ],
        "first_read": [],
        "series": {"known": 60, "open": False, "limit": 5000, "fixed": 0},
    }


def test_a_web_configuration_is_checked_with_the_file() -> None:
    """A good one changes nothing; one that `run` would refuse is exit code 2, with its words."""
    Path("config.yaml").write_text(yaml.safe_dump({"targets": [github()]}), encoding="utf-8")
    web = Path("web.yml")
    web.write_text("http_server_config: {http2: false}\n", encoding="utf-8")
    assert check("--web.config.file=web.yml").output == check().output
    web.write_text("colour: red\n", encoding="utf-8")
    refused = check("--web.config.file=web.yml")
    assert refused.exit_code == 2
    assert refused.output.startswith("web.yml: colour: ")


def test_a_plan_that_does_not_fit_is_a_warning_and_no_failure() -> None:
    """The exit code is that of a valid file."""
    target = github(streams={"api_insights": {"interval": "30s"}})
    Path("config.yaml").write_text(yaml.safe_dump({"targets": [target]}), encoding="utf-8")
    result = check()
    assert result.exit_code == 0
    assert result.output.splitlines()[-2:] == [
        (
            "warning: github/acme: core may need 5283 requests an hour and may send 3600: polls will"
            " take longer than their interval; api_insights needs most, 5280: lengthen its interval or"
            " shorten its lookback"
        ),
        "config.yaml is valid: 1 target, 4 streams, 1 warning",
    ]


def test_a_limit_of_the_streams_own_is_held_against_it() -> None:
    """The share is of the target's limit, which the stream's own leaves alone."""
    options = {"copilot_seats": {"requests_per_minute": 0.01}}
    [requests] = streams(github(streams=options))["copilot_seats"].requests
    assert (requests.limit, round(requests.own_limit or 0, 6)) == (3600, 0.6)
    assert warned(github(streams=options)) == [
        (
            "github/acme/copilot_seats: core may need 2 requests an hour and may send 0.6: polls will"
            " take longer than their interval; lengthen its interval"
        )
    ]


def test_the_limit_is_the_targets_own_where_it_has_one() -> None:
    [requests] = streams(github(requests_per_minute=10))["copilot_seats"].requests
    assert (requests.limit, requests.share) == (600, 2 / 600)


SHARED = (
    "github/acme and github/two share the limits of {}, and each is paced as if it were alone; together"
    " they need of core about 1062 of 3600 requests an hour, rate_limit about 120 of 3600 requests an"
    " hour: give each a credential of its own, or set requests_per_minute: 30 in each"
)


def test_two_targets_with_one_credential_share_a_limit() -> None:
    """The sum and the remedy are told, and the remedy ends the warning."""
    assert warned(github(), github("two")) == [SHARED.format("variable TOKEN")]
    split = [github(requests_per_minute=30), github("two", requests_per_minute=30)]
    assert warned(*split) == []
    assert warned(github(), github("two", auth={"token_env": "OTHER"})) == []


def test_one_file_by_two_paths_is_one_credential() -> None:
    Path("link").unlink()
    Path("link").symlink_to("token")
    targets = [
        github(auth={"token_file": "token"}),
        github("two", auth={"token_file": str(Path("link").absolute())}),
    ]
    assert warned(*targets) == [SHARED.format(f"file {Path('token').resolve()}")]


def test_a_sum_that_is_too_much_is_said_so() -> None:
    """Each fits alone."""
    options = {"api_insights": {"interval": "1m"}}
    [warning] = warned(github(streams=options), github("two", streams=options))
    assert "core about 5286 of 3600 requests an hour" in warning
    assert ", which is too much: lengthen intervals or shorten lookbacks, and give each" in warning


def test_a_limit_that_was_raised_is_the_one_that_is_shared() -> None:
    """Whoever raises it knows of a greater one than the vendor documents."""
    raised = [github(requests_per_minute=300), github("two", requests_per_minute=300)]
    [warning] = warned(*raised)
    assert "core about 1062 of 18000" in warning
    assert "requests_per_minute: 150 in each" in warning


def test_installations_of_an_app_have_limits_of_their_own() -> None:
    """One App in two organizations has two; one installation named twice has one."""
    assert warned(github(auth={"app": APP}), github("two", auth={"app": APP})) == []
    twice = {"app": {**APP, "installation_id": 5}}
    assert warned(github(auth=twice), github("two", auth=twice)) == [
        SHARED.format("installation 5 of App Iv1.a")
    ]
    same = {**github("two", auth=twice), "org": "ACME"}
    assert shared(github(auth={"app": APP}), same) == [SHARED.format("App Iv1.a in org acme")]


def test_targets_on_other_servers_share_nothing() -> None:
    """The name of a variable is not all."""
    elsewhere = github("two", base_url="https://api.two.ghe.com")
    assert warned(github(), elsewhere) == []
    assert warned(github(), {**CURSOR, "account": "acme", "auth": GITHUB["auth"]}) == []


def test_an_organization_at_tabnine_shares_a_limit_whichever_token_asks() -> None:
    organization = "5f0c2a7e-1b7d-4c0e-9a51-3f2d6f0e8a10"
    one = {**TABNINE, "account": "a", "organization_id": organization}
    other = {**one, "account": "b", "auth": {"token_env": "OTHER"}}
    [warning] = shared(one, other)
    assert warning.startswith(
        f"tabnine/a and tabnine/b share the limits of organization {organization}"
    )


def test_targets_with_several_things_in_common_are_warned_of_once() -> None:
    organization = {"organization_id": "5f0c2a7e"}
    assert len(shared(*({**TABNINE, "account": name, **organization} for name in "ab"))) == 1


def test_an_organization_that_is_read_under_two_accounts_is_warned_of() -> None:
    """However its name is written; what only one of them reads is not named."""
    narrowed = {"api_insights": {"enabled": False}, "rate_limit": {"enabled": False}}
    again = {**github("two", auth={"token_env": "OTHER"}, streams=narrowed), "org": "ACME"}
    assert warned(github(), again) == [
        (
            "github/acme and github/two both read the org acme: what copilot_reports, copilot_seats"
            " tell is counted under each account, and twice in a sum over both; keep it in one of"
            " them"
        )
    ]
    others = {"copilot_reports": {"enabled": False}, "copilot_seats": {"enabled": False}}
    assert warned(github(streams=others), again) == []
    elsewhere = {**again, "base_url": "https://api.two.ghe.com"}
    assert warned(github(), elsewhere) == []


def test_a_credential_that_two_accounts_have_reads_one_team_twice() -> None:
    """A Cursor key belongs to one team, and nothing else names the team."""
    teams = [{**CURSOR, "account": name} for name in "ab"]
    [warning] = [one for one in warned(*teams) if "both read" in one]
    names = ", ".join(
        stream.name for stream in cursor.STREAMS if stream.by_default and stream.name != "pool"
    )
    assert f"both read variable CURSOR: what {names} tell" in warning


def test_a_valid_file_is_said_to_be_valid_and_how_much_there_is() -> None:
    """At the end, where somebody looks who waits for an answer."""
    Path("config.yaml").write_text(yaml.safe_dump({"targets": [github()]}), encoding="utf-8")
    assert check().output.splitlines()[-1] == "config.yaml is valid: 1 target, 4 streams"
    assert "is valid" not in check("--output=json").output


def test_a_state_path_that_cannot_work_is_an_error_with_its_line() -> None:
    """Else the daemon would say so only when it is started."""
    Path("config.yaml").write_text(
        yaml.safe_dump({"targets": [github()]}) + "state:\n  path: nowhere/state.db\n",
        encoding="utf-8",
    )
    result = check()
    line = len(Path("config.yaml").read_text(encoding="utf-8").splitlines())
    assert result.exit_code == 2
    assert result.output == (
        f"config.yaml:{line}: state.path: nowhere/state.db cannot be reached: No such file or"
        " directory; give a file in a directory of the exporter's user as state.path\n"
    )


def test_what_is_wrong_with_both_files_is_told_at_once() -> None:
    Path("config.yaml").write_text("targets: []\n", encoding="utf-8")
    Path("web.yml").write_text("rate_limit: {}\n", encoding="utf-8")
    result = check("--web.config.file=web.yml")
    assert result.exit_code == 2
    assert "targets: is empty" in result.output
    assert "web.yml: rate_limit: " in result.output


def test_series_follow_from_the_sizes_that_are_known() -> None:
    """Of 20 teams with 14 counters and 7 gauges each; without the label one of each counter."""

    def series(**options: Any) -> plan.Series:
        target = {**TABNINE, "account": "acme", "streams": {"team_usage": options}}
        return streams(target)["team_usage"].series

    assert series(expected_teams=20) == plan.Series(20 * 21, open=False, limit=5_000, fixed=14)
    dropped = series(drop_labels=["team_name"], max_series=9)
    assert dropped == plan.Series(14, open=False, limit=9, fixed=14)


def test_series_that_the_vendors_data_decide_are_bounded_by_the_limit() -> None:
    """Nobody knows how many routes there are."""
    target = github(streams={"api_insights": {"max_series": 700}})
    found = streams(target, limits={"series_per_stream": 3_000})
    assert (found["api_insights"].series.open, found["api_insights"].series.limit) == (True, 700)
    assert found["copilot_reports"].series.limit == 3_000
    text = rendered(planned(target))
    assert "up to 700" in text
    assert "about 60" in text


@pytest.mark.parametrize(("users", "expected"), [("off", 0), ("plain", 14_000)])
def test_people_are_series_only_where_they_are_shown(users: str, expected: int) -> None:
    target = {**TABNINE, "account": "acme", "streams": {"user_usage": {}}}
    found = streams(target, privacy={"users": users})
    assert found["user_usage"].series.known == expected


def test_more_series_than_the_limit_is_a_warning_with_its_remedies() -> None:
    target = {**TABNINE, "account": "acme", "streams": {"user_usage": {}}}
    assert warned(target, privacy={"users": "plain"}) == [
        (
            "tabnine/acme/user_usage: about 14000 series are expected and 5000 are allowed: the"
            " smallest will be added to other; raise its max_series, or leave labels out with"
            " drop_labels"
        )
    ]


def test_a_stream_of_nothing_but_people_is_a_warning_where_people_are_off() -> None:
    """With both keys; what also counts something else is none, nor where people are shown."""
    target = {**TABNINE, "account": "acme", "streams": {"user_usage": {"expected_users": 10}}}
    cursor = {**CURSOR, "account": "acme"}
    assert warned(target, cursor) == [
        (
            "tabnine/acme/user_usage: shows nothing but people and privacy.users is off: set it to"
            " pseudonym or plain, or remove the stream; until then each of its polls fails"
        )
    ]
    assert warned(target, cursor, privacy={"users": "plain"}) == []


def test_a_stream_that_is_refused_asks_for_nothing() -> None:
    """Not in the table, not in the sums of a target or of a shared limit, and without a warning."""
    people = {"user_usage": {"interval": "1h", "expected_users": 5_000}}
    target = {**TABNINE, "account": "acme", "streams": people, "requests_per_minute": 60}
    [hidden] = streams(target)["user_usage"].requests
    [shown] = streams(target, privacy={"users": "plain"})["user_usage"].requests
    assert (hidden.hourly, hidden.by_default, hidden.share) == (0, 0, 0)
    assert shown.hourly > shown.limit
    assert [text for text in warned(target) if "requests an hour" in text] == []
    assert " user_usage    1h        7d        api             none " in rendered(planned(target))
    other = {**target, "account": "b", "streams": {"user_usage": {"enabled": False}}}
    without = {**target, "streams": {"user_usage": {"enabled": False}}}
    assert planned(target, other).sharing == planned(without, other).sharing != ()


def test_the_stream_that_needs_most_is_named_with_what_it_can_do_about_it() -> None:
    """A lookback can be what costs; a stream that reads the present has none to shorten."""
    long = {"api_insights": {"lookback": "31d", "routes": {"top_actors": 500}}}
    [warning] = warned(github(streams=long))
    assert "; api_insights needs most, 192768: lengthen its interval or shorten its" in warning
    often = {"api_insights": {"enabled": False}, "copilot_seats": {"interval": "1s"}}
    [warning] = warned(github(streams=often))
    assert warning.endswith("; copilot_seats needs most, 7200: lengthen its interval")


def test_small_figures_have_a_decimal() -> None:
    """A limit of less than one an hour is not 0."""
    slow = {**CURSOR, "account": "acme", "requests_per_minute": 0.001}
    text = rendered(planned(slow))
    assert "  0.06     13333%  " in text
    assert "ai-code/commits may need 8 requests an hour and may send 0.06: " in text
    assert " about 0.83 " in rendered(planned(github()))


def test_series_that_are_never_folded_are_more_than_the_limit() -> None:
    """The table says how many remain, and a warning that the limit cannot be kept."""
    target = github(streams={"api_insights": {"max_series": 10}})
    series = streams(target)["api_insights"].series
    assert series.limit < series.fixed
    assert f"up to {series.fixed}\n" in rendered(planned(target))
    assert warned(target) == [
        (
            f"github/acme/api_insights: 10 series are allowed, and about {series.fixed} remain when all"
            " that can be is added to other: raise its max_series, or leave labels out with drop_labels"
        )
    ]
    labels = ["subject_type", "actor_type", "http_method"]
    fewer = github(streams={"api_insights": {"max_series": 10, "drop_labels": labels}})
    assert warned(fewer) == []


def test_sizes_are_of_labels_that_the_streams_have() -> None:
    """A size of a label that is gone would say nothing."""
    for vendor in VENDORS:
        bare = {"vendor": vendor.name, "account": "a", "auth": {"token_env": "TOKEN"}}
        one = github() if vendor.name == "github" else bare
        [target] = parse(json.dumps({"targets": [one]}), "c.yaml").targets
        for stream in vendor.streams:
            labels = {label for metric in stream.metrics for label in metric.labels}
            assert set(stream.label_sizes(target, stream.options())) <= labels


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 20), st.integers(1, 12))
def test_a_split_limit_is_never_too_much(per_minute: int, number: int) -> None:
    """Whatever the limit and however many share it, the remedy that is told ends the warning."""
    names = [f"org-{n}" for n in range(number)]
    limits = {"requests_per_minute": 60 + per_minute}
    found = planned(*(github(name, **limits) for name in names)).sharing
    assert len(found) == (number > 1)
    for sharing in found:
        text = rendered(planned(*(github(name, **limits) for name in names)))
        share = float(text.rpartition("requests_per_minute: ")[2].split()[0])
        assert share * len(sharing.accounts) <= limits["requests_per_minute"]
