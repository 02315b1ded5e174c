"""`--web.config.file`: the toolkit's format, and a clear word where a key cannot be honoured."""

import shutil
import subprocess
from pathlib import Path

import bcrypt
import pytest
import yaml

from exporter.web.guard import WebConfigFile
from exporter.web.tls import build
from exporter.web.web_config import WebConfigError, read
from tests.web.certificates import Authority

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()


def accepted_by_promtool(path: Path) -> bool:
    program = shutil.which("promtool")
    assert program, "promtool is not installed: make test installs it on Debian as root"
    done = subprocess.run([program, "check", "web-config", str(path)], check=False)
    return done.returncode == 0


def write(directory: Path, content: object) -> Path:
    path = directory / "web.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.process
def test_what_is_accepted_is_accepted_by_promtool_too(tmp_path: Path) -> None:
    """Every key that is honoured, in one file."""
    authority = Authority(tmp_path)
    authority.issue("server", "localhost")
    path = write(
        tmp_path,
        {
            "tls_server_config": {
                "cert_file": "server.pem",
                "key_file": "server.key",
                "client_auth_type": "RequireAndVerifyClientCert",
                "client_ca_file": "ca.pem",
                "min_version": "TLS12",
                "max_version": "TLS13",
            },
            "http_server_config": {
                "http2": False,
                "headers": {
                    "Content-Security-Policy": "default-src 'none'",
                    "X-Frame-Options": "deny",
                    "X-Content-Type-Options": "nosniff",
                    "X-XSS-Protection": "1",
                    "Strict-Transport-Security": "max-age=31536000",
                },
            },
            "basic_auth_users": {"prometheus": HASH},
        },
    )
    config = read(path)
    assert config.tls_server_config is not None
    assert build(config.tls_server_config).minimum_version.name == "TLSv1_2"
    assert dict(config.headers)[b"x-frame-options"] == b"deny"
    assert accepted_by_promtool(path)


@pytest.mark.process
def test_an_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    """As with the toolkit: plain HTTP for everybody."""
    path = tmp_path / "web.yml"
    path.write_text("", encoding="utf-8")
    assert read(path).tls_server_config is None
    assert accepted_by_promtool(path)


TLS = {"cert_file": "server.pem", "key_file": "server.key"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"colour": "red"}, "colour"),
        ({"tls_server_config": {**TLS, "cipher_suites": ["X"]}}, "cipher_suites.*cannot be honour"),
        ({"tls_server_config": {**TLS, "curve_preferences": ["X"]}}, "curve_preferences"),
        ({"tls_server_config": {"cert_file": "server.pem"}}, "key_file"),
        ({"tls_server_config": {**TLS, "client_auth_type": "RequestClientCert"}}, "client_auth"),
        ({"tls_server_config": {**TLS, "client_ca_file": "ca.pem"}}, "give both"),
        ({"tls_server_config": {**TLS, "min_version": "TLS13", "max_version": "TLS12"}}, "above"),
        ({"http_server_config": {"http2": True}}, "http2: false"),
        ({"basic_auth_users": {"p": "plain text"}}, "password of p is not a bcrypt hash"),
        ({"basic_auth_users": {"p": HASH.replace("$04$", "$32$")}}, "password of p is not"),
        ({"rate_limit": {"burst": 1}}, "rate_limit"),
        ({"http_server_config": {"headers": {"X-XSS-Protection": "0\nA: b"}}}, "X-XSS-Protection"),
        ({"http_server_config": {"headers": {"X-XSS-Protection": "\u2026"}}}, "X-XSS-Protection"),
        ([1], "web.yml"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(
    content: object, message: str, tmp_path: Path
) -> None:
    """Never silently ignored; and the value, which can be a secret, is not repeated."""
    with pytest.raises(WebConfigError, match=message) as caught:
        read(write(tmp_path, content))
    assert "plain text" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: 2026-13-01", "[" * 5_000, "\0", "a: ["])
def test_what_is_no_yaml_is_refused(text: str, tmp_path: Path) -> None:
    """Also what only looks like a date, and brackets without end."""
    path = tmp_path / "web.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WebConfigError, match="is not YAML"):
        read(path)


def test_a_costly_hash_is_not_computed_when_the_file_is_read(tmp_path: Path) -> None:
    """One of cost 31 is valid, and would hold the start up for days."""
    costly = HASH.replace("$04$", "$31$")
    path = write(tmp_path, {"basic_auth_users": {"p": costly}})
    assert read(path).basic_auth_users == {"p": costly}


def test_unusable_certificates_are_refused_by_file(tmp_path: Path) -> None:
    """A missing file, and one that is no certificate."""
    path = write(tmp_path, {"tls_server_config": TLS})
    tls = read(path).tls_server_config
    assert tls is not None
    with pytest.raises(WebConfigError, match=r"server\.pem"):
        build(tls)
    (tmp_path / "server.pem").write_text("nothing", encoding="utf-8")
    (tmp_path / "server.key").write_text("nothing", encoding="utf-8")
    with pytest.raises(WebConfigError, match=r"server\.pem"):
        build(tls)


def test_a_change_is_read_and_a_bad_one_leaves_the_old_in_force(tmp_path: Path) -> None:
    """Users can be added without a restart; a slip of the pen lets nobody in or out."""
    path = write(tmp_path, {"basic_auth_users": {"one": HASH}})
    file = WebConfigFile(path)
    write(tmp_path, {"basic_auth_users": {"one": HASH, "second": HASH}})
    assert set(file.config.basic_auth_users) == {"one", "second"}
    path.write_text("basic_auth_users: [", encoding="utf-8")
    assert set(file.config.basic_auth_users) == {"one", "second"}
    path.unlink()
    assert set(file.config.basic_auth_users) == {"one", "second"}


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(tmp_path: Path) -> None:
    """OpenSSL would ask on the terminal, and the daemon would wait for an answer."""
    Authority(tmp_path).issue("server", "localhost", password=b"pass-word")
    config = read(write(tmp_path, {"tls_server_config": TLS}))
    assert config.tls_server_config is not None
    with pytest.raises(WebConfigError, match=r"server\.key is encrypted; .*openssl pkey"):
        build(config.tls_server_config)
