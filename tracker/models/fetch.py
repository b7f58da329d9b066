"""Download a published model: resumed where a broken download stopped, verified, atomic."""

import http.client
import logging
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tracker.core.errors import WeightsError
from tracker.models.locate import (
    LocatedModel,
    find_model,
    installed_file,
    sha256_of,
    user_cache,
    verified,
)
from tracker.models.registry import ModelCard, Task

logger = logging.getLogger(__name__)

TIMEOUT_S = 30
BLOCK_BYTES = 1 << 18
MOST_BYTES = 1 << 30  # of a model whose size is not published

ReportProgress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known


def find_or_fetch(wanted: str, task: Task) -> LocatedModel:
    """Find a model and, if the user named one that is not installed, download it.

    ``auto`` never goes to the network.

    Raises:
        ConfigError, WeightsError: As `find_model` and `fetch`.
    """
    found = find_model(wanted, task)
    if isinstance(found, LocatedModel):
        return found
    logger.warning("%s is not installed; downloading it from %s", found.name, found.url)
    return fetch(found)


def fetch(
    model: ModelCard, folder: Path | None = None, report: ReportProgress | None = None
) -> LocatedModel:
    """Download a model into `folder` (default: the user cache) unless it is there.

    The bytes go to ``<file>.part``; only a file with the right sha256 gets its name.

    Raises:
        WeightsError: No connection, no download, or not the published file.
    """
    target = (folder or user_cache()) / model.file
    if target.is_file():
        return verified(model, target)
    if not model.url:
        installed = installed_file(model)
        if installed:
            return verified(model, installed)
        raise WeightsError(
            f"{model.name} comes with the package and has no download; install the package anew"
        )
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(model, part, report)
    except (OSError, http.client.HTTPException) as error:
        raise WeightsError(
            f"cannot download {model.file} from {model.url} ({error}). Get it another way, check "
            f"that its sha256 is {model.sha256}, and put it at {target}"
        ) from error
    _accept(model, part, target)
    return verified(model, target)


class _StaysSecret(urllib.request.HTTPRedirectHandler):
    """Follows a server to another address, but never from https to what others can change."""

    def redirect_request(  # noqa: PLR0917 - the base class calls it so
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        """See the base class."""
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise OSError(f"the server leads away from https to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(model: ModelCard, part: Path, report: ReportProgress | None) -> None:
    most = model.bytes or MOST_BYTES
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(  # noqa: S310 - the URLs are the manifest's
        model.url, headers={"User-Agent": "reid-track"}
    )
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        opener = urllib.request.build_opener(_StaysSecret())
        response = opener.open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # the part is complete already; its hash decides
        raise
    with response:
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        done = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with part.open("ab" if resumed else "wb") as out:
            while block := response.read(BLOCK_BYTES):
                done += len(block)
                if done > most:
                    raise OSError(f"the server sends more than {most:,} bytes")
                out.write(block)
                if report:
                    report(done, total)
        if total is not None and done < total:
            raise OSError(f"connection closed after {done} of {total} bytes")


def _accept(model: ModelCard, part: Path, target: Path) -> None:
    found = sha256_of(part)
    if found != model.sha256:
        part.unlink()
        raise WeightsError(
            f"{model.url} did not give the published {model.name}: sha256 {found}, expected "
            f"{model.sha256}. Nothing was installed"
        )
    part.replace(target)
