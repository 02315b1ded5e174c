"""What the exporter needs of its own machine: the state file, ports to listen on, their certificate."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from cryptography import x509

from exporter.model import DAY
from exporter.preflight.doctor.finding import Check, Finding, Level
from exporter.preflight.doctor.network import EXPIRES_SOON
from exporter.store.migrations import MIGRATIONS
from exporter.store.state_file import inspect, require_sqlite
from exporter.store.store import StoreError
from exporter.web import server, tls, web_config
from exporter.web.addresses import AddressError

LITTLE_SPACE = 256 * 1024**2
NO_SPACE = 16 * 1024**2

_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _HEADER = 60, 100
_LOGS = ("-wal", "-journal")
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes of a file that SQLite locks for readers; a writer that keeps others out locks them all."""


def check_state(path: Path) -> list[Finding]:
    """Whether the state file can be used; nothing is written, and nothing is created."""
    usable = check_state_path(path)
    if usable.level is Level.FAIL:
        return [usable]
    if not path.exists():
        return [usable, _space(path.parent)]
    lock = _lock(path)
    usable = _content(path, held=is_held([lock])) or usable
    if usable.level is Level.FAIL:
        return [usable]
    return [usable, _space(path.parent), _mode(path), lock]


def check_state_path(path: Path) -> Finding:
    """Whether a state file can be at this path, whatever is in it."""
    try:
        problem, remedy = _unusable(path)
    except OSError as error:
        problem = f"{path} cannot be reached: {error.strerror}"
        remedy = "give a file in a directory of the exporter's user as state.path"
    if problem:
        return Finding(check=Check.STATE_PATH, level=Level.FAIL, message=problem, remedy=remedy)
    told = "can be written" if path.exists() else "will be created"
    return Finding(check=Check.STATE_PATH, level=Level.OK, message=f"{path.absolute()} {told}")


def check_ports(addresses: Sequence[str], *, running: bool) -> Iterator[Finding]:
    """Whether each address can be listened on; `running` when an exporter holds the state file."""
    with ExitStack() as listening:
        # All at once, as `run` does: one address may take another's port.
        for address in addresses:
            try:
                listening.enter_context(server.listen(address))
            except AddressError as error:
                message, _, remedy = str(error).partition("; ")
                if running:
                    yield Finding(
                        check=Check.LISTEN,
                        level=Level.WARN,
                        message=f"{message}: it seems to be the exporter that is running",
                    )
                    continue
                yield Finding(
                    check=Check.LISTEN, level=Level.FAIL, message=message, remedy=remedy or None
                )
            else:
                yield Finding(check=Check.LISTEN, level=Level.OK, message=f"{address} is free")


def check_web_config(path: Path, now: float) -> Finding:
    """Whether the file of `--web.config.file` can be used as `run` would, and for how long."""
    try:
        config = web_config.read(path)
        if config.tls_server_config is not None:
            tls.build(config.tls_server_config)
    except web_config.WebConfigError as error:
        return Finding(
            check=Check.WEB_CONFIG,
            level=Level.FAIL,
            message="; ".join(line.strip() for line in str(error).splitlines()),
            remedy="mend what is named: run refuses to start with it, and a reload is refused too",
        )
    if config.tls_server_config is None:
        return Finding(
            check=Check.WEB_CONFIG, level=Level.OK, message=f"{path} can be used, no TLS"
        )
    return _validity(Path(config.tls_server_config.cert_file), now)


def is_held(findings: Sequence[Finding]) -> bool:
    """Whether a running exporter was found to hold the state file."""
    return any(one.check is Check.STATE_LOCK and one.level is Level.WARN for one in findings)


def _validity(path: Path, now: float) -> Finding:
    """How long the certificate is good, with all that stand with it in the file."""
    try:
        chain = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        return Finding(
            check=Check.WEB_CONFIG,
            level=Level.WARN,
            message=f"{path} can be used, but when it ends cannot be told: {error}",
            remedy="give a PEM file with the certificate and those that signed it",
        )
    begins = max(one.not_valid_before_utc.timestamp() for one in chain)
    left = min(one.not_valid_after_utc.timestamp() for one in chain) - now
    if begins > now:
        level, told = Level.FAIL, "is not valid yet"
    elif left <= 0:
        level, told = Level.FAIL, f"ended {-left / DAY:.0f} days ago"
    else:
        level = Level.WARN if left < EXPIRES_SOON else Level.OK
        told = f"is good for {left / DAY:.0f} days"
    return Finding(
        check=Check.WEB_CONFIG,
        level=level,
        message=f"the certificate {path} {told}",
        remedy=None
        if level is Level.OK
        else "check the machine's clock, or renew it: the next connection has the new one",
    )


def _unusable(path: Path) -> tuple[str, str]:
    """What is wrong with the path, and the remedy; empty where nothing is."""
    try:
        require_sqlite()
    except StoreError as error:
        problem, _, remedy = str(error).partition("; ")
        return problem, remedy
    directory = path.parent
    if not stat.S_ISDIR(directory.stat().st_mode):
        return f"{directory} is not a directory", "give a file in a directory as state.path"
    if not os.access(directory, os.W_OK | os.X_OK):
        return (
            f"{directory} cannot be written by this user",
            "make it the exporter's user's own: SQLite keeps files beside the state file",
        )
    if not path.exists():
        return "", ""
    if not path.is_file():
        return f"{path} is not a file", "give a file as state.path"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"{path} cannot be read and written by this user", "make it this user's own"
    header = _header(path)
    if header and not header.startswith(_MAGIC):
        return (
            f"{path} is not a state file",
            "restore a backup, or give another path as state.path",
        )
    return "", ""


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER)


def _content(path: Path, *, held: bool) -> Finding | None:
    """What the content of the file says, as far as it can be read; None where nothing is wrong."""
    logged = any(_size(Path(f"{path}{suffix}")) for suffix in _LOGS)
    if held or logged:
        # Its pages may be half of the truth; the header has at least the schema.
        version = int.from_bytes(_header(path)[_VERSION_AT : _VERSION_AT + 4], "big")
        if version > len(MIGRATIONS):
            return Finding(
                check=Check.STATE_PATH,
                level=Level.FAIL,
                message=f"{path} has schema {version}, this exporter knows up to {len(MIGRATIONS)}",
                remedy="run the newer exporter again, or restore the backup from before the "
                "upgrade",
            )
        if held:
            return None
        message = (
            f"{path.absolute()} can be written; a process that was killed left a log beside it, so "
            "its content is looked at when the exporter starts"
        )
        return Finding(check=Check.STATE_PATH, level=Level.OK, message=message)
    try:
        inspect(path)
    except StoreError as error:
        if is_held([_lock(path)]):
            # An exporter has started meanwhile, and writes what was being read.
            return None
        problem, _, remedy = str(error).rpartition(": ")
        return Finding(
            check=Check.STATE_PATH,
            level=Level.FAIL,
            message=" ".join(problem.split()),
            remedy=remedy,
        )
    return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _mode(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding(
            check=Check.STATE_MODE,
            level=Level.WARN,
            message=f"{path} is open to other users (mode {mode:04o})",
            remedy=f"chmod 600 {path}; the exporter does so when it starts",
        )
    return Finding(
        check=Check.STATE_MODE, level=Level.OK, message=f"its owner's only (mode {mode:04o})"
    )


def _space(directory: Path) -> Finding:
    free = shutil.disk_usage(directory).free
    level = Level.FAIL if free < NO_SPACE else Level.WARN if free < LITTLE_SPACE else Level.OK
    return Finding(
        check=Check.STATE_SPACE,
        level=level,
        message=f"{free // 1024**2} MiB free in {directory.absolute()}",
        remedy=None if level is Level.OK else "make room: a poll that cannot be stored is lost",
    )


def _lock(path: Path) -> Finding:
    """Ask for the lock of a reader, as SQLite would, and give it back at once."""
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except BlockingIOError:
            return Finding(
                check=Check.STATE_LOCK,
                level=Level.WARN,
                message="a running exporter holds it: a second one would refuse to start",
                remedy="right if that is the one you mean; else stop it, or give each its own "
                "state.path",
            )
        except OSError as error:
            return Finding(
                check=Check.STATE_LOCK,
                level=Level.FAIL,
                message=f"the file system gives no locks: {error.strerror}",
                remedy="put state.path on a local disk",
            )
    return Finding(check=Check.STATE_LOCK, level=Level.OK, message="nobody holds it")
