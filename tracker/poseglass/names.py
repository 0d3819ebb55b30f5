"""How names are shown: of files, whatever is in them, and of addresses, which may hold a password.

In screens, messages, logs and files alike: an address is shown as scheme://host:port, a name on one line.
"""

from __future__ import annotations

import re
import unicodedata

HIDDEN = "..."
"""Stands for the host of an address that may be part of a password."""
_ADDRESS = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\\]*)(.*)", re.DOTALL)
_WITHIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse what stands beside them: `gpj.exe` reads `exe.jpg`. Other marks, as of Persian words and emoji, stay."""


def shown(name: object) -> str:
    r"""Return a name, or a sentence with names in it, on one line: line breaks and control characters as \n, \x1b."""
    return "".join(_escaped(sign) if _is_harmful(sign) else sign for sign in str(name))


def is_address(text: str) -> bool:
    """Tell whether this is an address, not a file: scheme://..."""
    return _ADDRESS.match(text) is not None


def shown_address(address: str) -> str:
    """Return scheme://host:port of an address: never user, password, path or query, each of which may be secret.

    Where it is doubtful what the host is, as in rtsp://admin:pass/word@host, that is left out as well.
    """
    parts = _ADDRESS.match(address)
    if parts is None:
        return HIDDEN
    scheme, authority, rest = parts.groups()
    host = authority.rpartition("@")[2]
    is_sure = "@" not in rest and _HOST.fullmatch(host)
    return f"{scheme.lower()}://{host if is_sure else HIDDEN}"


def without_secrets(word: str) -> str:
    """Return a word of a command line; an address that it is, or ends with, as `shown_address`."""
    return _WITHIN.sub(lambda address: shown_address(address.group()), word)


def _is_harmful(sign: str) -> bool:
    """Control characters, breaks of lines, bytes that are no text in this system's encoding, and turning marks."""
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _TURNING


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
