"""Which files a run writes: from the options to names, checked before the work begins."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from tracker.core.atomic import locked, make_folder, require_no_input, require_writable
from tracker.core.errors import OutputError
from tracker.core.failures import Failures
from tracker.formats.catalogue import FORMATS, known_format
from tracker.formats.mot import MotId
from tracker.gallery.layout import FOLDER, require_free
from tracker.results.journal import journal_of, result_of
from tracker.results.result import Result
from tracker.results.tracks_json import write_tracks_json
from tracker.video.codec import CONTAINERS, require_known_container
from tracker.video.segments import segments_of

logger = logging.getLogger(__name__)

MOSAIC = "mosaic.mp4"


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """The files of a run.

    Attributes:
        json: The main result; None where a program takes it.
        videos: Annotated video by camera name; empty if none is wanted.
        mosaic: The video of all cameras; None if it is not wanted.
        texts: (format, camera) -> file; camera is "" for formats with all cameras in one.
        mot_id: Which id a MOT row carries.
        segment_s: Length of the segments of the videos; None for whole ones.
        journal: Where a live run writes what is over; None for recordings.
        events: Where events go; None for nowhere in the file system.
        counts: Where it goes who was in which zone; None for nowhere.
        gallery: Folder of crops, embeddings and posters; None if it is not wanted.
    """

    json: Path | None = None
    videos: dict[str, Path] = field(default_factory=dict)
    mosaic: Path | None = None
    texts: dict[tuple[str, str], Path] = field(default_factory=dict)
    mot_id: MotId = "track"
    segment_s: float | None = None
    journal: Path | None = None
    events: Path | None = None
    counts: Path | None = None
    gallery: Path | None = None

    def paths(self) -> list[Path]:
        """Return all files but the gallery's in the order in which a summary lists them."""
        last = filter(None, (self.counts, self.journal, self.events))
        first = filter(None, (self.mosaic, self.json))
        return [*self.videos.values(), *first, *self.texts.values(), *last]


@dataclass(frozen=True, slots=True)
class Streaming:
    """What a run writes while it goes on.

    Attributes:
        live: Whether a source is live, so that there is a journal.
        segment_s: See `OutputPlan`.
        events: A file for the events.
    """

    live: bool = False
    segment_s: float | None = None
    events: Path | None = None


def plan_outputs(
    cameras: Sequence[str], *, out: Path | None, json: Path | None, formats: Sequence[str] = (),
    mot_id: MotId = "track", mosaic: bool = False,
) -> OutputPlan:  # fmt: skip
    """Name all files of a run; whether they can be written is for `claimed` to check.

    One camera and an `out` with an ending: that video, its JSON beside it. Otherwise `out` is a
    folder, made if missing, with ``<camera>.mp4`` and ``tracks.json``, and `mosaic` asks for
    ``mosaic.mp4`` beside them. Without `out`, no video.

    Raises:
        ConfigError: An unknown format.
        OutputError: A mosaic without a folder, an unknown container.
    """
    for name in formats:
        known_format(name, "--format", ("json", *FORMATS))
    videos = _name_videos(cameras, out)
    json = json or _name_json(cameras, out)
    texts = dict(_text_files(json, cameras, formats))
    return OutputPlan(json, videos, _name_mosaic(cameras, out) if mosaic else None, texts, mot_id)


def plan_streaming(plan: OutputPlan, streaming: Streaming) -> OutputPlan:
    """Add what is written while the run goes on: journal, events, videos in segments."""
    journal = journal_of(plan.json) if streaming.live and plan.json else None
    return replace(plan, segment_s=streaming.segment_s, journal=journal, events=streaming.events)


def with_counts(plan: OutputPlan) -> OutputPlan:
    """Add counts of people in zones beside the JSON."""
    assert plan.json is not None
    return replace(plan, counts=plan.json.with_name(f"{_prefix(plan.json)}counts.json"))


def with_gallery(plan: OutputPlan) -> OutputPlan:
    """Add a gallery beside the JSON."""
    assert plan.json is not None
    return replace(plan, gallery=plan.json.parent / FOLDER)


@contextmanager
def claimed(plan: OutputPlan, *, overwrite: bool) -> Iterator[None]:
    """Keep all outputs for this process while the block runs; they can be written when it begins.

    Raises:
        OutputError: One exists already, cannot be written, is meant for two results, or is being
            written by another process, which is named.
    """
    _require_distinct(plan.paths())
    with ExitStack() as stack:
        for path in (*plan.paths(), *filter(None, [plan.gallery])):
            if path.parent.is_dir():  # else `require_writable` says so
                stack.enter_context(locked(path))
        if plan.journal:
            _keep_left_journal(plan.journal, overwrite=overwrite)
        segments = [path for video in plan.videos.values() for path in segments_of(video)]
        for path in (*plan.paths(), *(segments if plan.segment_s else ())):
            require_writable(path, overwrite=overwrite)
        if plan.gallery:
            require_free(plan.gallery, overwrite=overwrite)
        for path in filter(None, (plan.journal, plan.events)):
            path.unlink(missing_ok=True)
        yield


def _keep_left_journal(journal: Path, *, overwrite: bool) -> None:
    """Move the journal of a run that did not end aside: it is the only copy of what was found.

    Raises:
        OutputError: It is there, and nothing is to be overwritten.
    """
    tracks = result_of(journal)
    if not journal.is_file() or (tracks.is_file() and _age(tracks) >= _age(journal)):
        return
    if not overwrite:
        raise OutputError(
            f"'{journal}' was left by a run that did not end; 'reid-track recover {journal}' makes "
            "its tracks.json, --overwrite keeps it under another name"
        )
    numbered = (journal.with_name(f"left-{n}-{journal.name}") for n in count(1))
    kept = next(path for path in numbered if not path.exists())
    journal.rename(kept)
    logger.warning(
        "kept the journal of a run that did not end as %s; 'reid-track recover %s' makes its "
        "tracks.json", kept, kept,
    )  # fmt: skip


def _age(path: Path) -> float:
    return path.stat().st_mtime


def protect_inputs(plan: OutputPlan, inputs: Sequence[Path]) -> None:
    """Refuse to replace what the run reads, even where overwriting was asked for.

    Raises:
        OutputError: An output is one of the inputs.
    """
    for path in plan.paths():
        require_no_input(path, inputs)
    for read in inputs:
        if plan.gallery and plan.gallery.resolve() in (read.resolve(), *read.resolve().parents):
            raise OutputError(f"'{read}' is an input of this run and lies in '{plan.gallery}'")


def write_tables(result: Result, plan: OutputPlan, failures: Failures) -> Iterator[Path]:
    """Write everything but the videos, yielding each file when it is there."""
    if plan.json:
        with failures.apart():
            write_tracks_json(result, plan.json)
            yield plan.json
    for (kind, camera), path in plan.texts.items():
        with failures.apart():
            FORMATS[kind].write(result, camera, path, plan.mot_id)
            yield path


def _is_folder(cameras: Sequence[str], out: Path) -> bool:
    return len(cameras) > 1 or out.is_dir() or not out.suffix


def _name_videos(cameras: Sequence[str], out: Path | None) -> dict[str, Path]:
    if out is None:
        return {}
    if _is_folder(cameras, out):
        if out.suffix.lower() in CONTAINERS and not out.is_dir():
            raise OutputError(f"--out {out} is one video for {len(cameras)} cameras; give a folder")
        make_folder(out)
        return {name: out / f"{name}.mp4" for name in cameras}
    require_known_container(out)
    return {cameras[0]: out}


def _name_mosaic(cameras: Sequence[str], out: Path | None) -> Path:
    if out is None or not _is_folder(cameras, out):
        raise OutputError(f"--mosaic writes {MOSAIC} into a folder; add --out FOLDER")
    return out / MOSAIC


def _name_json(cameras: Sequence[str], out: Path | None) -> Path:
    if out is None:
        return Path(f"{cameras[0]}.tracks.json" if len(cameras) == 1 else "tracks.json")
    return out / "tracks.json" if _is_folder(cameras, out) else out.with_suffix(".json")


def _require_distinct(outputs: Sequence[Path]) -> None:
    written: set[Path] = set()
    for path in outputs:
        if path.resolve() in written:
            raise OutputError(f"'{path}' would be two results at once; choose another name for one")
        written.add(path.resolve())


def _text_files(
    json: Path, cameras: Sequence[str], formats: Sequence[str]
) -> Iterator[tuple[tuple[str, str], Path]]:
    for kind in dict.fromkeys(name for name in formats if name != "json"):
        ending, per_camera = FORMATS[kind].ending, FORMATS[kind].per_camera
        if per_camera and len(cameras) > 1:
            for name in cameras:
                yield (kind, name), json.with_name(f"{_prefix(json)}{name}{ending}")
        elif not ending.startswith("."):
            yield (kind, ""), json.with_name(_prefix(json) + ending)
        else:
            yield (kind, cameras[0] if per_camera else ""), json.with_suffix(ending)


def _prefix(json: Path) -> str:
    """Return how the files beside a JSON begin; several results may lie in one folder."""
    return "" if json.stem == "tracks" else f"{json.stem}."
