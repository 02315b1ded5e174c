"""A configuration is used as a whole, or refused with everything that is wrong with it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from exporter.client import connection
from exporter.config.blocks import Config, schema, vendor_of
from exporter.config.file import load, parse, place_in
from exporter.config.secrets import read_key
from exporter.config.text import ConfigError
from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from exporter.vendors import VENDORS
from exporter.vendors import cursor as cursor_team
from exporter.vendors.base import enabled_streams
from tests.web.certificates import Authority

SECRET = "ghp_s3cretT0kenValue"
GOOD = """\
targets:
  - vendor: cursor
    account: acme
    auth: {token_env: TOKEN}
"""


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", SECRET)


def problems(text: str) -> list[str]:
    """What is wrong with a file named `c.yaml`."""
    with pytest.raises(ConfigError) as refusal:
        parse(text, "c.yaml")
    assert str(refusal.value) == "\n".join(refusal.value.problems)
    assert SECRET not in str(refusal.value)
    return list(refusal.value.problems)


def test_a_target_is_all_that_is_needed() -> None:
    """Everything else has a default, and the vendor's default streams are polled."""
    config = parse(GOOD, "c.yaml")
    (target,) = config.targets
    vendor = vendor_of(target)
    assert (vendor.name, target.account) == ("cursor", "acme")
    assert [stream.name for stream, _ in enabled_streams(vendor, target)] == [
        stream.name
        for stream in vendor.streams
        if stream.by_default and stream.inapplicable(target) is None
    ]
    assert config.state.path == "usage-exporter.db"
    assert (config.privacy.users, config.limits.series_per_stream) == (Users.OFF, 5_000)
    assert (config.counting.birth_hold, config.counting.history) == (120, "baseline")
    assert config.counting.expire_after == DAY


def test_everything_can_be_set(tmp_path: Path) -> None:
    """As the example of the documentation does."""
    secret, key = tmp_path / "token", tmp_path / "key"
    secret.write_text(SECRET, encoding="utf-8")
    key.write_bytes(b"k" * 32 + b"\n")
    config = parse(
        f"""\
targets:
  - vendor: github
    account: acme
    org: acme
    auth: {{token_file: {secret}}}
    requests_per_minute: 60
    timeout: 1m
    ca_file: {Authority(tmp_path).file}
    proxy: http://me:p%40ss@proxy.example:3128
    streams:
      api_insights: {{interval: 10m, lookback: 6h, routes: {{top_actors: 3}}}}
  - vendor: cursor
    account: acme
    base_url: http://127.0.0.1:8080/api
    auth: {{token_env: TOKEN, scheme: bearer}}
    streams:
      ai_code_commits: {{enabled: false}}
      ai_code_changes: {{max_series: 100, drop_labels: [model]}}
state: {{path: /var/lib/x.db}}
privacy: {{users: pseudonym, key_file: {key}}}
limits: {{series_per_stream: 7}}
counting: {{birth_hold: 0s, history: count, expire_after: 1h}}
""",
        "c.yaml",
    )
    github, cursor = config.targets
    assert (github.org, github.requests_per_minute, github.timeout) == ("acme", 60, 60)
    options = github.streams.api_insights
    assert (options.interval, options.lookback, options.routes.top_actors) == (600, 6 * HOUR, 3)
    names = [stream.name for stream, _ in enabled_streams(vendor_of(cursor), cursor)]
    assert "ai_code_commits" not in names
    changes = cursor.streams.ai_code_changes
    assert (changes.max_series, changes.drop_labels) == (100, ("model",))
    assert config.privacy.users is Users.PSEUDONYM
    assert read_key(str(config.privacy.key_file)) == b"k" * 32
    assert (config.counting.birth_hold, config.counting.expire_after) == (0, HOUR)


@pytest.mark.parametrize("users", ["off", "'off'", "plain"])
def test_users_are_written_as_people_write_them(users: str) -> None:
    """YAML reads a bare `off` as false; it is meant as the word."""
    config = parse(f"{GOOD}privacy: {{users: {users}}}\n", "c.yaml")
    assert config.privacy.users == users.strip("'")


EVERYTHING_WRONG = f"""\
targets:
  - vendor: cursor
    account: acme
    acount: x
    auth: {{token_env: NOT_SET}}
    streams:
      ai_code_commits: {{interval: 5}}
  - vendor: github
    account: acme
    auth: {{token_file: /nowhere/token}}
    tokn: {SECRET}
    timeout: 0s
  - vendor: cursor
    account: acme
    auth: {{token_env: TOKEN}}
    ca_file: /nowhere/ca.pem
    proxy: [{SECRET}]
  - vendor: gitlab
    account: acme
    auth: {{token_env: TOKEN}}
stat: {{path: x}}
privacy: {{users: pseudonym, key_file: /nowhere/key}}
limits: {{series_per_stream: many}}
counting:
  history: some
  birth_hold: soon
"""


def test_every_error_is_told_at_once() -> None:
    """Each with file, line, dotted path and remedy, in the order of the file."""
    assert problems(EVERYTHING_WRONG) == [
        (
            "c.yaml:4: targets[0].acount: unknown key; remove it or correct its spelling"
            " (did you mean account?)"
        ),
        (
            "c.yaml:5: targets[0].auth.token_env: secret variable NOT_SET is not set: set it in the"
            " environment of the exporter"
        ),
        (
            "c.yaml:7: targets[0].streams.ai_code_commits.interval: 5 is not a duration; write it as"
            " 30s, 5m, 1h30m or 7d"
        ),
        (
            "c.yaml:10: targets[1].auth.token_file: secret file /nowhere/token cannot be read (No such"
            " file or directory): check that it exists and that the exporter's user may read it"
        ),
        ("c.yaml:11: targets[1].tokn: unknown key; remove it or correct its spelling"),
        "c.yaml:12: targets[1].timeout: must be at least 1s, not 0s",
        (
            "c.yaml:14: targets[2].account: targets[0] of vendor cursor has the account 'acme' too;"
            " give each its own"
        ),
        (
            "c.yaml:16: targets[2].ca_file: /nowhere/ca.pem cannot be read; check the path and its"
            " mode"
        ),
        "c.yaml:17: targets[2].proxy: must be http://HOST:PORT or https://HOST:PORT, as http://proxy.example.com:3128",
        "c.yaml:18: targets[3]: vendor 'gitlab' is not known; use one of "
        + ", ".join(vendor.name for vendor in VENDORS),
        "c.yaml:21: stat: unknown key; remove it or correct its spelling (did you mean state?)",
        (
            "c.yaml:22: privacy.key_file: /nowhere/key cannot be read: No such file or directory; check"
            " the path and its mode, or make a key: openssl rand -hex 32 > /nowhere/key"
        ),
        "c.yaml:23: limits.series_per_stream: must be a whole number, not 'many'",
        "c.yaml:25: counting.history: must be 'baseline' or 'count', not 'some'",
        (
            "c.yaml:26: counting.birth_hold: 'soon' is not a duration; write it as 30s, 5m, 1h30m or"
            " 7d"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "c.yaml:1: targets: is required"),
        ("# nothing yet\n", "c.yaml:1: targets: is required"),
        ("state: {}\n", "c.yaml:1: targets: is required"),
        ("targets: []\n", "c.yaml:1: targets: is empty; give at least one target"),
        ("targets:\n", "c.yaml:1: targets: must be a list, as targets: [{vendor: github, "),
        ("- a\n", "c.yaml:1: the file: must be a mapping with the key targets"),
        ("just text\n", "c.yaml:1: the file: must be a mapping with the key targets"),
        (
            "targets: [a]\n",
            "c.yaml:1: targets[0]: must be a block of keys, as {vendor: github, account: acme, org: acme, auth: {token_file: PATH}}, not a single value",
        ),
        ("targets: [{}]\n", "c.yaml:1: targets[0]: vendor is required: one of "),
        (
            GOOD + "privacy:\n  users: on\n",
            "c.yaml:6: privacy.users: must be 'off', 'pseudonym' or 'plain', not 'on'",
        ),
        (
            GOOD + "privacy: {users: pseudonym}\n",
            "c.yaml:5: privacy: users: pseudonym needs key_file; make a key",
        ),
        (
            GOOD + "privacy:\n",
            "c.yaml:5: privacy: must be a block of keys, as privacy: {users: off}, not empty",
        ),
        (
            GOOD + "state: {path: ''}\n",
            "c.yaml:5: state.path: is empty; write it, as path: usage-exporter.db, or remove the key",
        ),
        (
            GOOD + "state: [x]\n",
            "c.yaml:5: state: must be a block of keys, as state: {path: usage-exporter.db}, not a list",
        ),
        (GOOD + "1: x\n", "c.yaml:5: [1]: a key must be text, not 1; put it in quotes"),
        (
            GOOD + "state: {path: a}\nstate: {path: b}\n",
            "c.yaml:6: state: is given more than once; keep one of them",
        ),
        (GOOD + "    account: b\n", "c.yaml:5: targets[0].account: is given more than once"),
        (
            GOOD + "    streams: {ai_code_commits: {intervall: 5m}}\n",
            (
                "c.yaml:5: targets[0].streams.ai_code_commits.intervall: unknown key; remove it or"
                " correct its spelling (did you mean interval?)"
            ),
        ),
        (
            GOOD + "    streams: {ai_code_comits: {}}\n",
            (
                "c.yaml:5: targets[0].streams.ai_code_comits: unknown key; remove it or"
                " correct its spelling (did you mean ai_code_commits?)"
            ),
        ),
        (
            GOOD + "    streams: {ai_code_commits: {interval: 0s}}\n",
            "c.yaml:5: targets[0].streams.ai_code_commits.interval: must be at least 1s, not 0s",
        ),
        (
            GOOD
            + "    streams:\n"
            + "".join(
                f"      {stream.name}: {{enabled: false}}\n" for stream in cursor_team.STREAMS
            ),
            "c.yaml:5: targets[0].streams: the target has no stream; name one or remove the target",
        ),
        (
            GOOD + "    streams:\n      ai_code_changes:\n        max_series: 0\n",
            "c.yaml:7: targets[0].streams.ai_code_changes.max_series: must be greater than",
        ),
        (
            GOOD + "    streams:\n      ai_code_changes:\n        drop_labels: model\n",
            (
                "c.yaml:7: targets[0].streams.ai_code_changes.drop_labels: must be a list, as [model],"
                " not 'model'"
            ),
        ),
        (
            GOOD + "    streams:\n      ai_code_changes:\n        drop_labels:\n"
            "          - model\n          - modell\n",
            (
                "c.yaml:9: targets[0].streams.ai_code_changes.drop_labels[1]: ai_code_changes has no"
                " label 'modell'; it can drop file_extension, model, source, user"
            ),
        ),
        (
            GOOD + "    streams: {ai_code_changes: {enabled: false, drop_labels: [account]}}\n",
            "c.yaml:5: targets[0].streams.ai_code_changes.drop_labels[0]: ai_code_changes has no label",
        ),
        (
            GOOD + "    base_url: ftp://x\n",
            (
                "c.yaml:5: targets[0].base_url: must begin with https:// or http:// and have no user"
                " name, query or fragment, as https://api.cursor.com"
            ),
        ),
        (
            GOOD + f"    base_url: https://me:{SECRET}@example.com\n",
            "c.yaml:5: targets[0].base_url: must begin with https:// or",
        ),
        (
            GOOD + f"    base_url: https://example.com?token={SECRET}\n",
            "c.yaml:5: targets[0].base_url: must begin with https:// or",
        ),
        (
            (
                "targets: [{vendor: github, account: a, enterprise: b, auth: {token_env: TOKEN},"
                " streams: {api_insights: {}}}]\n"
            ),
            (
                "c.yaml:1: targets[0].streams.api_insights: GitHub offers it for organizations only:"
                " give org, or remove the stream"
            ),
        ),
    ],
)
def test_a_single_error(text: str, expected: str) -> None:
    """One mistake, one line."""
    (problem,) = problems(text)
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            "orgg: acme, auth: {token_env: TOKEN}",
            ["needs exactly one of org and enterprise", "(did you mean org?)"],
        ),
        (
            "org: acme, auth: {tokenenv: TOKEN}",
            ["(did you mean token_env?)", "needs exactly one of token_file and token_env"],
        ),
        (
            "enterprise: acme, auth: {token_env: TOKEN}, streams: {api_insights: {}}, x: 1",
            ["targets[0].x: unknown key", "GitHub offers it for organizations only"],
        ),
    ],
)
def test_an_unknown_key_does_not_hide_the_checks_of_its_block(
    wrong: str, expected: list[str]
) -> None:
    """The misspelt key and what is missing because of it are told together."""
    found = problems(f"targets: [{{vendor: github, account: a, {wrong}}}]\n")
    assert len(found) == len(expected)
    for text in expected:
        assert any(text in problem for problem in found)


def test_a_removed_stream_may_stay_while_it_is_disabled() -> None:
    """One file can serve the version that had the stream and the one that has not."""
    target = """\
targets:
  - vendor: github
    account: acme
    org: acme
    auth: {token_env: TOKEN}
    streams:
      copilot_metrics: {enabled: %s}
"""
    assert parse(target % "false", "c.yaml") == parse(
        target.replace("streams:", "streams: {}").rsplit("\n", 2)[0], "c.yaml"
    )
    (problem,) = problems(target % "true")
    assert problem == (
        "c.yaml:6: targets[0].streams: copilot_metrics was removed: GitHub closed its API on "
        "2026-04-02; use copilot_reports; delete its block"
    )


def test_keys_that_begin_with_x_are_free_for_anchors() -> None:
    """At the top level; what they hold is taken where it is named, and not looked at by itself."""
    text = (
        "x-auth: &auth {token_env: TOKEN}\n"
        "x-usual: &usual {vendor: cursor, auth: *auth}\n"
        "x-note: ${ANYTHING}, 010 and ~/x are our own\n"
        "x-number: 010\n"
        "targets:\n  - {<<: *usual, account: a}\n  - {<<: *usual, account: b, timeout: 5s}\n"
    )
    first, second = parse(text, "c.yaml").targets
    assert (first.account, second.account, second.timeout) == ("a", "b", 5)
    assert first.auth.token_env == "TOKEN"
    [problem] = problems(
        text.replace("token_env: TOKEN", "token_env: NOT_SET").replace(
            "  - {<<: *usual, account: b, timeout: 5s}\n", ""
        )
    )
    assert problem.startswith("c.yaml:1: targets[0].auth.token_env: secret variable NOT_SET")


def test_the_place_of_a_value_is_known_after_the_file_was_read(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(GOOD + "state:\n  path: x.db\n", encoding="utf-8")
    assert place_in(path, ("state", "path")) == f"{path}:6: state.path"


def test_the_same_account_at_two_vendors_is_no_duplicate() -> None:
    """An account is unique per vendor."""
    text = GOOD + "  - {vendor: github, account: acme, org: acme, auth: {token_env: TOKEN}}\n"
    assert len(parse(text, "c.yaml").targets) == 2


@pytest.mark.parametrize(
    "text",
    [
        f"targets: {{github: {{auth: {{token: {SECRET}}}}}}}\n",
        f"targets: [{SECRET}]\n",
        GOOD + f"    streams: [{SECRET}]\n",
        GOOD + f"    token: {SECRET}\n",
        GOOD + f"    proxy: [http://me:{SECRET}@proxy]\n",
        GOOD.replace("{token_env: TOKEN}", SECRET),
        GOOD.replace("{token_env: TOKEN}", f"[{SECRET}]"),
        GOOD.replace("{token_env: TOKEN}", f"{{token: {SECRET}}}"),
        GOOD.replace("{token_env: TOKEN}", f"{{token_env: [{SECRET}]}}"),
        GOOD.replace("{token_env: TOKEN}", f"{{token_env: TOKEN, scheme: {SECRET}}}"),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(text: str) -> None:
    """Messages go to logs and tickets."""
    assert problems(text)


def test_secrets_are_not_part_of_the_configuration() -> None:
    """Only where they come from is."""
    config = parse(GOOD, "c.yaml")
    assert SECRET not in repr(config) + config.model_dump_json()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "targets: [\n",
            "c.yaml:2:1: is not YAML: the file ends inside a bracket that is not closed; close it",
        ),
        ("targets:\n\t- a\n", "c.yaml:2:1: is not YAML: a tab stands here; indent with spaces"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1: is not YAML: a second document begins here; keep one"),
        (
            "a: !!python/object:os.system {}\n",
            "c.yaml:1:4: is not YAML: the tag tag:yaml.org,2002:python/object:os.system is not known",
        ),
        ("a: \x01\n", "c.yaml:1:4: is not YAML: the character U+0001 is not allowed; remove it"),
        (
            "a: 2024-13-45\n",
            "c.yaml:1:4: is not YAML: '2024-13-45' has the form of a date or a number and is none; put it",
        ),
        (
            "a: 0x_\n",
            "c.yaml:1:4: is not YAML: '0x_' has the form of a date or a number and is none; put it",
        ),
        (
            "a: " + "[" * 5_000,
            "c.yaml: is not YAML: blocks or brackets lie too deep inside each other",
        ),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place(text: str, expected: str) -> None:
    """And never as a traceback."""
    (problem,) = problems(text)
    assert problem.startswith(expected)


def test_a_file_that_cannot_be_read_is_told_with_its_path(tmp_path: Path) -> None:
    """Missing, a directory, or not text."""
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\xfa")
    for path, expected in [
        (tmp_path / "none.yaml", "cannot be read: No such file or directory; check --config.file"),
        (tmp_path, "cannot be read: Is a directory; check --config.file"),
        (binary, "is not UTF-8 text"),
    ]:
        with pytest.raises(ConfigError) as refusal:
            load(path)
        assert str(refusal.value).startswith(f"{path}: {expected}")


def test_a_file_is_loaded_from_its_path(tmp_path: Path) -> None:
    """And named by it in its errors."""
    path = tmp_path / "c.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path) == parse(GOOD, "other.yaml")
    path.write_text("targets: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"^{path}:1: targets: is empty"):
        load(path)


def test_a_secret_that_is_there_but_empty_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of white space authenticates nobody."""
    monkeypatch.setenv("TOKEN", "")
    (problem,) = problems(GOOD)
    assert "secret variable TOKEN is empty: put the credential into it" in problem
    path = tmp_path / "token"
    path.write_text("\n", encoding="utf-8")
    (problem,) = problems(GOOD.replace("token_env: TOKEN", f"token_file: {path}"))
    assert f"secret file {path} is empty: put the credential into it" in problem


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("one\ntwo", "has a line break or a character that no HTTP header can carry"),
        ("t\u00f6k", "has a line break or a character that no HTTP header can carry"),
        (" padded ", "has spaces around it"),
    ],
)
def test_a_secret_that_can_never_work_is_refused(
    secret: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its form, before any vendor sees it; its value is not repeated."""
    path = tmp_path / "token"
    path.write_text(secret, encoding="utf-8")
    (problem,) = problems(GOOD.replace("token_env: TOKEN", f"token_file: {path}"))
    assert problem.startswith(f"c.yaml:4: targets[0].auth.token_file: secret file {path} {told}: ")
    monkeypatch.setitem(os.environb, b"TOKEN", secret.encode())
    (again,) = problems(GOOD)
    assert again.startswith(f"c.yaml:4: targets[0].auth.token_env: secret variable TOKEN {told}: ")
    assert secret not in problem + again


def test_a_byte_order_mark_before_a_secret_is_no_error(tmp_path: Path) -> None:
    """An editor put it there, and it is taken off."""
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n", encoding="utf-8-sig")
    parse(GOOD.replace("token_env: TOKEN", f"token_file: {path}"), "c.yaml")


def test_a_short_key_is_no_key(tmp_path: Path) -> None:
    """A guessable key makes pseudonyms reversible."""
    path = tmp_path / "key"
    path.write_text("  short \n", encoding="utf-8")
    (problem,) = problems(f"{GOOD}privacy: {{users: pseudonym, key_file: {path}}}\n")
    assert f"{path} holds 5 bytes; at least 16 are needed: openssl rand -hex 32 > {path}" in problem


def parts(part: Any) -> list[dict[str, Any]]:
    """Every schema inside a schema; its examples are values, whatever their keys are called."""
    if isinstance(part, dict):
        inside = (value for key, value in part.items() if key != "examples")
        return [part, *(inner for value in inside for inner in parts(value))]
    return [inner for value in part for inner in parts(value)] if isinstance(part, list) else []


def test_the_json_schema_is_sound() -> None:
    """JSON, with only known types, references that resolve, and blocks without unknown keys."""
    whole = schema()
    assert json.loads(json.dumps(whole)) == whole
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert whole["required"] == ["targets"]
    types = {"object", "array", "string", "integer", "number", "boolean", "null"}
    for part in parts(whole):
        if isinstance(part.get("type"), str):
            assert part["type"] in types
        if "$ref" in part:
            assert part["$ref"].removeprefix("#/$defs/") in whole["$defs"]
        if "properties" in part and part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert set(part.get("required", ())) <= part["properties"].keys()


def test_the_json_schema_knows_every_option_of_every_stream() -> None:
    """With a text for each, so that editors can explain it."""
    definitions = schema()["$defs"]
    for vendor in VENDORS:
        target = definitions[vendor.target.__name__]
        streams = definitions[f"{vendor.name.title()}Streams"]["properties"]
        assert target["properties"]["vendor"]["const"] == vendor.name
        assert streams.keys() == {stream.name for stream in vendor.streams}
        for stream in vendor.streams:
            assert streams[stream.name]["description"] == stream.summary
            references = [part["$ref"] for part in parts(streams[stream.name]) if "$ref" in part]
            known = [definitions[name.removeprefix("#/$defs/")] for name in references]
            assert [set(part["properties"]) for part in known] == [set(stream.options.model_fields)]
    assert schema()["properties"].keys() == Config.model_fields.keys()


def test_a_path_that_can_be_none_is_a_problem_of_its_key() -> None:
    """A NUL, or half a character, where a file is named."""
    text = GOOD + '    ca_file: "a\\0b"\nprivacy: {users: pseudonym, key_file: "a\\0b"}\n'
    at_target, at_key = problems(text)
    assert "targets[0].ca_file" in at_target
    assert "privacy.key_file" in at_key


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "proxy.example:3128",
        f"proxy.example:{SECRET}",
        "http://",
        "http://:3128",
        "http:proxy.example:3128",
        "http://proxy.example:99999",
        "http://two words:3128",
        "http://[::1",
        "http://xn--zzzzzz.example",
        f"ftp://me:{SECRET}@proxy.example:21",
        f"socks5://me:{SECRET}@proxy.example:1080",
        f"http://me:{SECRET}/x@proxy.example:3128",
        f"http://me:{SECRET}#x@proxy.example:3128",
        f"http://me:12/{SECRET}@proxy.example:3128",
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(address: str) -> None:
    """It would fail at the start with words that do not name the key, or go to another host."""
    [problem] = problems(f'{GOOD}    proxy: "{address}"\n')
    assert "targets[0].proxy: must be http://HOST:PORT" in problem
    assert "USER:PASSWORD@" in problem


@pytest.mark.parametrize(
    "address",
    [
        "http://proxy.example",
        "https://proxy.example:3128/",
        "HTTP://127.0.0.1:1",
        "http://[::1]:3128",
        "http://me:p%40ss%2Fword@proxy.example:3128",
    ],
)
def test_a_proxy_that_can_be_used_is_taken_as_it_is(address: str) -> None:
    """With its user and password, where it has them."""
    [target] = parse(f'{GOOD}    proxy: "{address}"\n', "c.yaml").targets
    assert target.proxy == address
    connection.http_transport(target.proxy, None)


def test_a_ca_file_without_certificates_is_told(tmp_path: Path) -> None:
    """An empty file, a key and a directory: each would fail at the start only."""
    _, key = Authority(tmp_path).issue("some.example")
    empty = tmp_path / "empty.pem"
    empty.write_text("", encoding="utf-8")
    for path in (empty, key):
        [problem] = problems(f"{GOOD}    ca_file: {path}\n")
        assert f"targets[0].ca_file: {path} holds no PEM certificates" in problem
        assert "give a bundle" in problem
    [problem] = problems(f"{GOOD}    ca_file: {tmp_path}\n")
    assert f"targets[0].ca_file: {tmp_path} is a directory: a mount makes one" in problem


def test_half_a_character_can_be_told() -> None:
    """A message that no terminal takes would hide every other one."""
    (problem,) = problems(GOOD + '    "\\ud800": 1\n')
    assert "\\ud800" in problem
    problem.encode()


def test_a_host_that_is_none_is_a_problem_of_its_key() -> None:
    """The host has a character that no domain name may have."""
    (problem,) = problems(GOOD + '    base_url: "https://a\\U000936d3"\n')
    assert "targets[0].base_url: is not a URL" in problem


ORGANIZATION = """\
  - vendor: cursor
    account: organization
    organization_id: org_abc123
    auth: {token_env: TOKEN}
"""


@pytest.mark.parametrize(
    "team",
    [
        "    unlinked: true\n",
        "    base_url: https://gateway.example/cursor\n",
        "    streams: {usage_events: &off {enabled: false}, members: *off, daily_usage: *off}\n",
    ],
)
def test_a_team_beside_an_organization_counts_what_the_organization_does_not(team: str) -> None:
    """Elsewhere, or not linked to it, or with other streams; two organizations are two."""
    other = ORGANIZATION.replace("organization\n", "other\n").replace("abc123", "def456")
    config = parse(GOOD + team + ORGANIZATION + other, "c.yaml")
    assert [target.account for target in config.targets] == ["acme", "organization", "other"]
