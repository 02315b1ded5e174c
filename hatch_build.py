"""Writes into what is built which revision it is, and when, for `usage-exporter --version`."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "build.json"


class BuildFacts(BuildHookInterface):
    """`REVISION` and `SOURCE_DATE_EPOCH` in the environment replace what git and the clock say."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        # A source distribution has the facts of its own build, for the wheel that is built from it.
        file = Path(self.root) / NAME
        if not file.exists():
            file = Path(self.directory) / NAME
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(self._facts()), encoding="utf-8")
        place = f"exporter/{NAME}" if self.target_name == "wheel" else NAME
        build_data["force_include"][str(file)] = place

    def finalize(self, *_: Any) -> None:
        (Path(self.directory) / NAME).unlink(missing_ok=True)

    def _facts(self) -> dict[str, str]:
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        built = time.gmtime(int(epoch) if epoch else None)
        return {
            "revision": os.environ.get("REVISION") or self._commit(),
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", built),
        }

    def _commit(self) -> str:
        """The commit of the checkout; unknown where there is none."""
        if not (Path(self.root) / ".git").exists():
            return "unknown"
        try:
            asked = subprocess.run(  # noqa: S603  # nothing of it comes from outside
                ["git", "-C", self.root, "rev-parse", "HEAD"],  # noqa: S607  # git is where it is
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            return "unknown"
        return asked.stdout.strip()
