"""Completion in bash, which takes `--log.level=w` for three words."""

from collections.abc import Sequence

from click.shell_completion import BashComplete, add_completion_class


class _Bash(BashComplete):
    """Puts flags and their values together again."""

    name = "bash"

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = super().get_completion_args()
        *before, last = _joined([*words, incomplete])
        return before, last


def register() -> None:
    """Complete like this in bash; zsh and fish need nothing."""
    add_completion_class(_Bash)


def _joined(words: Sequence[str]) -> list[str]:
    joined: list[str] = []
    after_sign = False
    for word in words:
        if joined and (word == "=" or after_sign):
            joined[-1] += word
        else:
            joined.append(word)
        after_sign = word == "="
    return joined
