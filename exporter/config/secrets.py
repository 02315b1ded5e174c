"""The secrets that the configuration names: whether each can be used, whatever else is wrong."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from exporter.client import connection
from exporter.client.auth import DIRECTORY_REMEDY, Secret, header_value
from exporter.client.errors import SecretError
from exporter.client.private_key import rsa_key
from exporter.config.keys import credential_advice
from exporter.config.text import ConfigError, Place, Problem
from exporter.masking import shows_credential

SHORTEST_KEY = 16

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADVICE = str(credential_advice("token"))


def check_secrets(at: Place, auth: object) -> Iterator[Problem]:
    """The form of every secret that an `auth` block names at any depth."""
    for name, value in auth.items() if isinstance(auth, Mapping) else ():
        place = (*at, str(name))
        if not isinstance(value, str):
            yield from check_secrets(place, value)
        elif _is_pasted(str(name), value):
            yield place, f"is not {_wanted(str(name))}; {_ADVICE}"
        else:
            problem = _unusable(str(name), value)
            if problem:
                yield place, problem


def check_ca_file(at: Place, path: object) -> Iterator[Problem]:
    """Whether there are certificates in the file of a `ca_file`."""
    if not isinstance(path, str):
        return
    try:
        readable, directory = os.access(path, os.R_OK), Path(path).is_dir()
    except ValueError:
        # Not a path: it has a NUL or an unpaired surrogate in it.
        readable, directory = False, False
    if not readable:
        yield at, f"{path} cannot be read; check the path and its mode"
    elif directory:
        yield at, f"{path} is a directory: {DIRECTORY_REMEDY}"
    else:
        try:
            connection.tls(path)
        except ValueError:
            # The words of OpenSSL are left out: they name a line of its code.
            remedy = "give a bundle of the authorities' certificates in PEM"
            yield at, f"{path} holds no PEM certificates; {remedy}"


def check_key(path: str) -> Iterator[Problem]:
    """Whether the file of `privacy.key_file` holds a key."""
    try:
        read_key(path)
    except ConfigError as error:
        yield ("privacy", "key_file"), str(error)


def read_key(path: str) -> bytes:
    """The key of the pseudonyms; raises ConfigError."""
    try:
        key = Path(path).read_bytes().strip()
    except IsADirectoryError as error:
        raise ConfigError([f"{path} is a directory: {DIRECTORY_REMEDY}"]) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        remedy = f"check the path and its mode, or make a key: openssl rand -hex 32 > {path}"
        raise ConfigError([f"{path} cannot be read: {reason}; {remedy}"]) from error
    if len(key) < SHORTEST_KEY:
        remedy = f"at least {SHORTEST_KEY} are needed: openssl rand -hex 32 > {path}"
        raise ConfigError([f"{path} holds {len(key)} bytes; {remedy}"])
    return key


def _is_pasted(name: str, value: str) -> bool:
    """Whether the credential itself stands where its file or its variable is to be named."""
    if name.endswith("_env"):
        return not _VARIABLE.fullmatch(value) or shows_credential(value)
    return name.endswith("_file") and shows_credential(value) and not _exists(value)


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _wanted(name: str) -> str:
    return "the name of an environment variable" if name.endswith("_env") else "the path of a file"


def _unusable(name: str, value: str) -> str:
    """Why the secret that is named cannot be used; empty where it can."""
    try:
        if name == "private_key_file":
            rsa_key(Secret.from_file(value))
        elif name.endswith("_file"):
            header_value(Secret.from_file(value))
        elif name.endswith("_env"):
            header_value(Secret.from_env(value, os.environ))
    except (SecretError, ValueError) as error:
        return str(error)
    return ""
