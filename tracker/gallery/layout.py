"""Where everything lies in a gallery, and the check that one may be written.

crops/<camera>/<track_id>/<frame:06d>.jpg   up to MOST_CROPS for each visit
crops/times.csv                             when each visit with crops began and ended
posters/<camera>.jpg
embeddings.safetensors                      of exactly these crops
"""

import os
from pathlib import Path

from tracker.core.errors import OutputError
from tracker.datasets.cut_tracks import TIMES

FOLDER = "gallery"
CROPS, POSTERS, EMBEDDINGS = "crops", "posters", "embeddings.safetensors"
FORMAT = "reid-track-gallery/1"
ABOUT = "gallery"  # the one entry of the metadata: JSON, since the order of several is chance
MOST_CROPS = 6
ENDING = ".jpg"


def crop_path(gallery: Path, camera: str, track_id: int, frame: int) -> Path:
    """Return where a crop lies."""
    return gallery / CROPS / camera / str(track_id) / f"{frame:06d}{ENDING}"


def poster_path(gallery: Path, camera: str) -> Path:
    """Return where a camera's poster lies."""
    return gallery / POSTERS / f"{camera}{ENDING}"


def times_path(gallery: Path) -> Path:
    """Return where the times of the visits lie."""
    return gallery / CROPS / TIMES


def is_gallery(folder: Path) -> bool:
    """Tell whether a folder is a gallery and nothing else, so that it may be replaced."""
    if folder.is_symlink() or not (folder / EMBEDDINGS).is_file():
        return False
    return {entry.name for entry in folder.iterdir()} <= {CROPS, POSTERS, EMBEDDINGS}


def require_free(gallery: Path, *, overwrite: bool) -> None:
    """Check, before any work is done, that a gallery can be written there.

    Raises:
        OutputError: Something is there that may not be replaced, or the folder is read-only.
    """
    if os.path.lexists(gallery):
        if not is_gallery(gallery):
            raise OutputError(
                f"'{gallery}' is there and is no gallery that --crops wrote; move it away or "
                "write the results elsewhere"
            )
        if not overwrite:
            raise OutputError(
                f"'{gallery}' exists; add --overwrite to replace it or write the results elsewhere"
            )
    if not gallery.parent.is_dir():
        raise OutputError(f"cannot write '{gallery}': there is no folder '{gallery.parent}'")
    if not os.access(gallery.parent, os.W_OK):
        raise OutputError(
            f"cannot write '{gallery}': no permission to write into '{gallery.parent}'"
        )
