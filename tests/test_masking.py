"""Whatever looks like a credential is masked in every message, of every command."""

import json
import logging
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import log, paper
from exporter.client.errors import ForbiddenError, RateLimitedError, SecretError
from exporter.commands import main
from exporter.config.file import parse
from exporter.config.text import ConfigError
from exporter.masking import masked, shows_credential
from exporter.preflight.doctor import rendering
from exporter.preflight.doctor.finding import Check, Finding, Level, report_of
from exporter.web.web_config import WebConfigError

ALNUM = string.ascii_letters + string.digits


def _of(alphabet: str, length: int) -> st.SearchStrategy[str]:
    """Texts with a digit near their end: else one could be a word that every message has."""
    some = st.text(alphabet, min_size=length - 2, max_size=length - 2)
    return some.map(lambda text: f"{text}9a")


def _after(start: str, alphabet: str, length: int) -> st.SearchStrategy[tuple[str, str]]:
    """A credential, and the part of it that nobody may see."""
    return _of(alphabet, length).map(lambda hidden: (start + hidden, hidden))


CREDENTIALS: Mapping[str, st.SearchStrategy[tuple[str, str]]] = {
    "classic token": _after("ghp_", ALNUM, 36),
    "classic token of letters": st.text(string.ascii_letters, min_size=36, max_size=36).map(
        lambda hidden: (f"ghp_{hidden}", hidden)
    ),
    "installation token": _after("ghs_", ALNUM, 36),
    "user token": _after("ghu_", ALNUM, 36),
    "fine-grained token": _after("github_pat_", ALNUM + "_", 82),
    "Cursor key": _after("key_", string.hexdigits.lower()[:16], 64),
    "newer Cursor key": _after("crsr_", string.hexdigits.lower()[:16], 64),
    "JWT": st.tuples(_of(ALNUM, 30), _of(ALNUM + "-_", 80), _of(ALNUM + "-_", 43)).map(
        lambda parts: (f"eyJ{parts[0]}.{parts[1]}.{parts[2]}", parts[1])
    ),
    "private key": _of(ALNUM + "+/", 64).map(
        lambda hidden: (f"-----BEGIN RSA PRIVATE KEY-----\n{hidden}\n", hidden)
    ),
    "password of a proxy": _of(ALNUM, 9).map(
        lambda hidden: (f"http://somebody:{hidden}@proxy.example:3128", hidden)
    ),
    "query": _of(ALNUM, 12).map(lambda hidden: (f"https://x.example/?token={hidden}", hidden)),
    "password hash": _of("./" + ALNUM, 53).map(lambda hidden: (f"$2y$10${hidden}", hidden)),
}

any_credential = st.one_of(*CREDENTIALS.values())


@pytest.mark.parametrize("kind", CREDENTIALS)
@settings(max_examples=20)
@given(
    data=st.data(), around=st.sampled_from(["{}", "it is {} here", "'{}'", "file {}: no", "={}"])
)
def test_a_credential_of_each_kind_is_masked(kind: str, around: str, data: st.DataObject) -> None:
    """Wherever it stands in a sentence."""
    credential, hidden = data.draw(CREDENTIALS[kind])
    assert hidden not in masked(around.format(credential))
    assert shows_credential(credential)


@settings(max_examples=20)
@given(any_credential)
def test_masking_again_changes_nothing(credential: tuple[str, str]) -> None:
    """A message is masked where it arises, and again where it is shown."""
    once = masked(f"told of {credential[0]}")
    assert masked(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "secret file /run/secrets/ghp_token cannot be read",
        "/run/secrets/github_pat_readonly",
        "/run/credentials/usage-exporter.service/github.token",
        "give auth: {token_file: PATH} or token_env: GITHUB_TOKEN_2",
        "give proxy: http://USER:PASSWORD@HOST:PORT",
        "it needs: organization_api_insights=read",
        "organization 9f1c2c9e-1f2a-4b6e-8f0a-0123456789ab",
        "share the limits of My-Company-Github-Enterprise-2024",
        "https://docs.github.com/enterprise-cloud@latest/rest/orgs/api-insights#get-summary-stats",
        "p_0123456789abcdef",
        "at 2026-11-28T07:11:06Z in usage-exporter-6d4cf56db6-x2x7q",
        "must be less than 1000000000000000000000000000000",
        "Bearer authentication is not spoken here",
    ],
)
def test_what_people_write_is_shown(text: str) -> None:
    """A mask over a path or a name would hide what is to be mended."""
    assert masked(text) == text


@pytest.mark.parametrize(
    "token",
    [
        "Zq3hF0vNs8kWb2yTt5mR7uPc1dLx9aEg",
        "q3hf0vns8kwb2ytt5mr7upc1",
        "0123456789abcdef0123456789abcdef01234567",
        "sk-proj-4f9aK2mQ8xT1zB7c",
        "AKIA4EXAMPLE7Q2ZK9PW",
        "glpat-4f9aK2mQ8xT1zB7cWvYe",
        "Bearer abc12345xyz",
    ],
)
def test_tokens_of_unknown_services_are_masked_too(token: str) -> None:
    """Letters and digits that nobody would think of."""
    hidden = token[-8:]
    assert hidden not in masked(f"secret file {token} cannot be read")


def _places(block: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every single value."""
    items = (
        block.items()
        if isinstance(block, dict)
        else enumerate(block)
        if isinstance(block, list)
        else ()
    )
    found = [place for key, value in items for place in _places(value, (*at, key))]
    return found or [at]


CONFIGURATION: dict[str, Any] = {
    "targets": [
        {
            "vendor": "github",
            "account": "acme",
            "org": "acme",
            "base_url": "https://api.github.com",
            "auth": {"token_file": "nowhere", "app": {"client_id": "x", "private_key_file": "x"}},
            "api_version": "2022-11-28",
            "timeout": "5s",
            "proxy": "http://x",
            "ca_file": "x",
            "requests_per_minute": 5,
            "token": "x",
            "streams": {
                "api_insights": {
                    "interval": "5m",
                    "enabled": True,
                    "machine_users": ["x"],
                    "actors": [{"type": "x", "id": 5}],
                    "drop_labels": ["x"],
                }
            },
        },
        {"vendor": "cursor", "account": "x", "auth": {"token_env": "X", "scheme": "basic"}},
        {"vendor": "tabnine", "account": "x", "organization_id": "x", "auth": {"token": "x"}},
    ],
    "state": {"path": "x.db"},
    "privacy": {"users": "off", "key_file": "x"},
    "limits": {"series_per_stream": 5},
    "counting": {"birth_hold": "2m", "history": "baseline"},
    "password": "x",
}


@pytest.mark.parametrize("place", _places(CONFIGURATION), ids=str)
@settings(max_examples=8)
@given(
    credential=any_credential,
    pasted=st.sampled_from([lambda text: text, lambda text: [text], lambda text: {text: 1}]),
)
def test_no_message_of_the_configuration_shows_a_credential(
    place: tuple[Any, ...], credential: tuple[str, str], pasted: Callable[[str], object]
) -> None:
    """Whatever key it was pasted at, and wherever it stands there."""
    whole, hidden = credential
    content = json.loads(json.dumps(CONFIGURATION))
    block = content
    for key in place[:-1]:
        block = block[key]
    block[place[-1]] = pasted(whole)
    with pytest.raises(ConfigError) as refusal:
        parse(yaml.safe_dump(content), "c.yaml")
    assert hidden not in str(refusal.value)


@pytest.mark.parametrize("key", ["account", "org", "enterprise", "organization_id"])
def test_a_credential_is_no_name(key: str) -> None:
    """It would be a label, or a part of an address that is logged."""
    named = {"vendor": "github", "account": "acme", "auth": {"token_env": "X"}}
    named |= {"vendor": "tabnine"} if key == "organization_id" else {"org": "acme"}
    if key == "enterprise":
        del named["org"]
    text = yaml.safe_dump({"targets": [{**named, key: f"ghp_{'a1' * 18}"}]})
    with pytest.raises(ConfigError, match=rf"targets\[0\].{key}: looks like a credential"):
        parse(text, "c.yaml")


@settings(max_examples=20)
@given(any_credential)
def test_no_error_and_no_line_shows_a_credential(credential: tuple[str, str]) -> None:
    """What a poll shows, what is logged in both forms, what the doctor finds, the web configuration."""
    whole, hidden = credential
    shown = [
        str(error)
        for error in (
            ForbiddenError(f"GET /x answered 403: {whole}"),
            RateLimitedError(f"not before {whole}", 0),
            SecretError(f"secret {whole}", "remedy"),
            WebConfigError(f"web.yml: {whole}"),
            ConfigError([f"c.yaml: {whole}"]),
        )
    ]
    found = Finding(check=Check.STREAM, level=Level.FAIL, message=whole, remedy=f"not {whole}")
    report = report_of([found])
    shown += [rendering.as_text(report, paper.plain()), rendering.as_json(report)]
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "told %s", (whole,), None)
    shown += [log.formatter("logfmt").format(record), log.formatter("json").format(record)]
    assert [text for text in shown if hidden in text] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "{}"],
        ["run", "--log.level={}"],
        ["run", "--web.listen-address={}"],
        ["run", "--web.telemetry-path={}"],
        ["check", "--{}"],
        ["check", "--config.file={}"],
        ["check", "--config.file=c.yaml", "--web.config.file={}"],
        ["doctor", "--config.file=c.yaml", "--target={}"],
        ["{}"],
    ],
    ids=" ".join,
)
def test_no_command_line_is_answered_with_a_credential(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", "a-token")
    Path("c.yaml").write_text(
        "targets: [{vendor: cursor, account: a, auth: {token_env: TOKEN}}]\n", encoding="utf-8"
    )
    hidden = "4f9aK2mQ8xT1zB7cWvYe0123456789abcdef"
    result = CliRunner().invoke(main, [each.format(f"ghp_{hidden}") for each in arguments])
    assert result.exit_code == 2
    assert hidden not in result.output
