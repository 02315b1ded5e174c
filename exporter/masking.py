"""Takes whatever looks like a credential out of a message: people paste them where they do not belong."""

import re

MASK = "****"

_FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        # A private key, whole or cut off.
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        # A password's hash.
        r"(\$2[abxy]?\$\d\d\$)[./\w]+",
        # GitHub, Cursor, JSON Web Tokens, and services whose tokens lie beside them. Names of files
        # and variables may begin like tokens, but they are short, or have no digit.
        r"(?<![A-Za-z0-9])(gh[oprsu]_)(?:(?=\w*\d)\w{10,}|\w{30,})[\w.+=-]*",
        r"(?<![A-Za-z0-9])(github_pat_)(?:(?=\w*\d)\w{16,}|\w{40,})",
        r"(?<![A-Za-z0-9])(key_|crsr_)(?:(?=\w*\d)\w{16,}|\w{30,})",
        r"(?<![A-Za-z0-9])(eyJ)[\w-]{8,}[\w.=-]*",
        r"(?<![A-Za-z0-9])(sk-|glpat-|xox[a-z]-)(?=[\w-]*\d)[\w-]{16,}",
        r"(?<![A-Za-z0-9])(AKIA|ASIA|AIza)(?=[\w-]*\d)[\w-]{12,}",
        # Bytes in hexadecimal: old tokens of GitHub, and keys of many services.
        r"()(?<![A-Za-z0-9])(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{32,}",
        # What follows the name of a scheme, a parameter of a URL, or stands before its host.
        r"(\b(?:[Bb]earer|[Bb]asic) )(?=\S*\d)[\w.~+/=-]{8,}",
        r"((?i:token|password|passwd|secret|api_?key)=)[^\s&;,'\")]+",
        r"(://)(?!USER:PASSWORD@)[^\s/@:]*:[^\s/@]+(?=@)",
    )
)
"""What begins as a group stays, for the reader to see what was meant; the rest is masked."""

_WORD = re.compile(r"([A-Za-z0-9+_-]{20,})[\w.+/=-]*")
_DIGITS_INSIDE = re.compile(r"(?<=[A-Za-z])\d+(?=[A-Za-z])")
_RUN = re.compile(r"[A-Za-z0-9]{24,}")


def masked(text: str) -> str:
    """The text with the mask in place of everything in it that looks like a credential."""
    for form in _FORMS:
        text = form.sub(rf"\g<1>{MASK}", text)
    return _WORD.sub(lambda found: MASK if _is_random(found[1]) else found[0], text)


def shows_credential(text: str) -> bool:
    """Whether a text looks like a credential, or has one in it."""
    return masked(text) != text


def _is_random(word: str) -> bool:
    """Whether nobody would write it: digits within the letters, and either both cases or no end."""
    if len(_DIGITS_INSIDE.findall(word)) < 2:
        return False
    return word.upper() != word != word.lower() or _RUN.search(word) is not None
