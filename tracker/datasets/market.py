"""Market-1501 and DukeMTMC-reID: three folders of pictures whose names tell everything."""

from pathlib import Path, PurePosixPath

from tracker.datasets.folders import entries, is_distractor, labelled
from tracker.datasets.splits import Parts

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"


def fits(source: Path) -> bool:
    """Tell whether a folder or archive holds a test part of this kind."""
    found = _folders(source)
    return QUERY in found and GALLERY in found


def read(source: Path) -> Parts:
    """List the parts; junk (person -1) is left out, distractors (0000) stay in the gallery.

    Raises:
        SourceError: The archive is compressed or damaged.
    """
    pictures = labelled(entries(source))
    parts = {
        part: [p for p in pictures if part in PurePosixPath(p.name).parts]
        for part in (TRAIN, QUERY, GALLERY)
    }
    train = [p for p in parts[TRAIN] if not is_distractor(p)]
    names = frozenset(p.person for p in parts[GALLERY] if is_distractor(p))
    return Parts(train, parts[QUERY], parts[GALLERY], distractors=names)


def _folders(source: Path) -> set[str]:
    if source.is_dir():
        return {p.name for depth in ("*", "*/*") for p in source.glob(depth) if p.is_dir()}
    if source.suffix != ".tar":
        return set()
    return {part for e in entries(source) for part in PurePosixPath(e.name).parts[:-1]}
