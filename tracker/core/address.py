"""Addresses of network cameras: what they are called, and what of them may be shown and stored."""

import re

_ADDRESS = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<place>[^/?#]*)", re.IGNORECASE)
_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9a-f:.%]+\])(?::\d+)?", re.IGNORECASE)
_LOGIN = re.compile(r"^.*[^/]@|^@", re.DOTALL)  # '/@' begins a part of a path, as of a channel
_SECRET = re.compile(r"((?:pass|pw|token|key|secret|auth)\w*=)[^&/]*", re.IGNORECASE)
_LIVE_SCHEMES = ("rtsp", "rtsps", "rtmp", "udp", "tcp", "srt")
_AFTER = ")]}>'\".,;:"  # what may follow an address in a sentence
HIDDEN = "***"


def is_address(source: str) -> bool:
    """Tell whether a source is an address such as ``rtsp://…`` and not a file."""
    return _ADDRESS.match(source) is not None


def is_live_address(source: str) -> bool:
    """Tell whether an address gives frames in real time, once."""
    found = _ADDRESS.match(source)
    return found is not None and found["scheme"].lower() in _LIVE_SCHEMES


def host_of(source: str) -> str:
    """Return the host and port of an address, without any login.

    >>> host_of("rtsp://admin:secret@cam7:554/live")
    'cam7:554'
    """
    return _parts(source)[1] if is_address(source) else ""


def without_login(source: str) -> str:
    """Return a source as it may be shown and stored: scheme, host, port and path.

    A login that was not escaped may hold any sign, so that it ends at the last ``@`` of all.

    >>> without_login("rtsp://admin:secret@cam7:554/live?user=me&password=x")
    'rtsp://cam7:554/live'
    >>> without_login("rtsp://admin:p@ss/w#rd?@cam7/live"), without_login("clips/a@b.mp4")
    ('rtsp://cam7/live', 'clips/a@b.mp4')
    """
    if not is_address(source):
        return source
    scheme, host, path = _parts(source)
    return f"{scheme}://{host or HIDDEN}" + _SECRET.sub(rf"\g<1>{HIDDEN}", path)


def without_logins(text: str) -> str:
    """Return a text with all its addresses as they may be shown.

    >>> without_logins("camera 'a' (rtsp://me:x@cam7/live?token=1): gone")
    "camera 'a' (rtsp://cam7/live): gone"
    """
    return _IN_TEXT.sub(_shorten, text)


def _shorten(found: re.Match[str]) -> str:
    address = found[0].rstrip(_AFTER)
    return without_login(address) + found[0][len(address) :]


def _parts(source: str) -> tuple[str, str, str]:
    """Return scheme, host with port, and path; no host where there is none that can be one."""
    scheme, _, rest = source.partition("://")
    if not re.match(r"[\w.-]+[/?#]", rest):  # else an @ is of the path, as in cam7/live@2
        rest = _LOGIN.sub("", rest)
    place = re.match(r"[^/?#]*", rest)
    host = place[0] if place else ""
    path = re.split(r"[?#]", rest[len(host) :])[0]
    return scheme, host if _HOST.fullmatch(host) else "", path
