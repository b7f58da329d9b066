"""Addresses of network cameras: what they are called, and hiding their passwords."""

import re

_ADDRESS = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<place>[^/?#]*)", re.IGNORECASE)
_SECRET = re.compile(r"((?:password|passwd|pwd|pass)=)[^&/#]*", re.IGNORECASE)
_LIVE_SCHEMES = ("rtsp", "rtsps", "rtmp", "udp", "tcp", "srt")


def is_address(source: str) -> bool:
    """Tell whether a source is an address such as ``rtsp://…`` and not a file."""
    return _ADDRESS.match(source) is not None


def is_live_address(source: str) -> bool:
    """Tell whether an address gives frames in real time, once."""
    found = _ADDRESS.match(source)
    return found is not None and found["scheme"].lower() in _LIVE_SCHEMES


def host_of(source: str) -> str:
    """Return the host and port of an address, without any login.

    >>> host_of("rtsp://admin:secret@cam7:554/live@2")
    'cam7:554'
    """
    found = _ADDRESS.match(source)
    return found["place"].rpartition("@")[2] if found else ""


def hide_password(source: str) -> str:
    """Return a source as it may be shown and stored: without passwords.

    >>> hide_password("rtsp://admin:secret@cam7/live?user=me&password=x")
    'rtsp://admin:***@cam7/live?user=me&password=***'
    """
    found = _ADDRESS.match(source)
    if found is None:
        return source
    place, rest = found["place"], source[found.end() :]
    login, at, host = place.rpartition("@")
    user, colon, _ = login.partition(":")
    shown = f"{user}:***@{host}" if at and colon else place
    hidden = _SECRET.sub(r"\1***", rest)
    return f"{found['scheme']}://{shown}{hidden}"
