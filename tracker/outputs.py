"""Which files a run writes: from the options to names, checked before the work begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.errors import ConfigError, OutputError, suggestion
from tracker.gallery.layout import FOLDER, require_free
from tracker.output.atomic import require_no_input, require_writable
from tracker.output.text import MotId, write_csv, write_jsonl, write_mot
from tracker.output.tracks_json import write_tracks_json
from tracker.output.video import CODECS, require_known_codec
from tracker.result import RunResult

FORMATS = ("json", "mot", "jsonl", "csv")


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """The files of a run.

    Attributes:
        json: The main result.
        videos: Annotated video by camera name; empty if none is wanted.
        texts: (format, camera) -> file; camera is "" for formats with all cameras in one.
        mot_id: Which id a MOT row carries.
        gallery: Folder of crops, embeddings and posters; None if it is not wanted.
    """

    json: Path
    videos: dict[str, Path] = field(default_factory=dict)
    texts: dict[tuple[str, str], Path] = field(default_factory=dict)
    mot_id: MotId = "track"
    gallery: Path | None = None

    def paths(self) -> list[Path]:
        """Return all files but the gallery's in the order in which a summary lists them."""
        return [*self.videos.values(), self.json, *self.texts.values()]


def plan_outputs(
    cameras: Sequence[str], *, out: Path | None, json: Path | None, formats: Sequence[str] = (),
    mot_id: MotId = "track", overwrite: bool = False,
) -> OutputPlan:  # fmt: skip
    """Name all files of a run and check that they can be written.

    One camera and an `out` with an ending: that video, its JSON beside it. Otherwise `out` is a
    folder, made if missing, with ``<camera>.mp4`` and ``tracks.json``. Without `out`, no video.

    Raises:
        ConfigError: An unknown format.
        OutputError: A file exists already, cannot be written, or is meant for two results.
    """
    _require_known(formats)
    videos = _name_videos(cameras, out)
    json = json or _name_json(cameras, out)
    plan = OutputPlan(json, videos, dict(_text_files(json, cameras, formats)), mot_id)
    _require_distinct(plan.paths())
    for path in plan.paths():
        require_writable(path, overwrite=overwrite)
    return plan


def with_gallery(plan: OutputPlan, *, overwrite: bool) -> OutputPlan:
    """Add a gallery beside the JSON and check that it can be written.

    Raises:
        OutputError: It exists already, or cannot be written.
    """
    gallery = plan.json.parent / FOLDER
    require_free(gallery, overwrite=overwrite)
    return replace(plan, gallery=gallery)


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


def write_tables(result: RunResult, plan: OutputPlan) -> Iterator[Path]:
    """Write everything but the videos, yielding each file when it is there."""
    write_tracks_json(result, plan.json)
    yield plan.json
    for (kind, camera), path in plan.texts.items():
        if kind == "mot":
            write_mot(result, camera, path, mot_id=plan.mot_id)
        elif kind == "jsonl":
            write_jsonl(result, path)
        else:
            write_csv(result, path)
        yield path


def _is_folder(cameras: Sequence[str], out: Path) -> bool:
    return len(cameras) > 1 or out.is_dir() or not out.suffix


def _name_videos(cameras: Sequence[str], out: Path | None) -> dict[str, Path]:
    if out is None:
        return {}
    if _is_folder(cameras, out):
        if out.suffix.lower() in CODECS and not out.is_dir():
            raise OutputError(f"--out {out} is one video for {len(cameras)} cameras; give a folder")
        _make_folder(out)
        return {name: out / f"{name}.mp4" for name in cameras}
    require_known_codec(out)
    return {cameras[0]: out}


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


def _require_known(formats: Sequence[str]) -> None:
    for name in formats:
        if name not in FORMATS:
            raise ConfigError(
                f"--format: unknown format '{name}'.{suggestion(name, FORMATS)} "
                f"Known are: {', '.join(FORMATS)}"
            )


def _text_files(
    json: Path, cameras: Sequence[str], formats: Sequence[str]
) -> Iterator[tuple[tuple[str, str], Path]]:
    for kind in dict.fromkeys(formats):
        if kind == "mot" and len(cameras) > 1:
            for name in cameras:
                prefix = "" if json.stem == "tracks" else f"{json.stem}."
                yield (kind, name), json.parent / f"{prefix}{name}.txt"
        elif kind == "mot":
            yield (kind, cameras[0]), json.with_suffix(".txt")
        elif kind != "json":
            yield (kind, ""), json.with_suffix(f".{kind}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder '{folder}': {error.strerror}") from error
