"""``track``: videos, folders, webcams and streams in, people out."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal, overload

from typing_extensions import Unpack

from tracker.core.errors import SourceError
from tracker.core.types import Step
from tracker.results.result import Result
from tracker.runtime.loading import load_networks, run_settings
from tracker.runtime.multi_camera import MultiCameraTracker
from tracker.runtime.open_sources import open_all, refuse_unheard, reopener
from tracker.runtime.options import Options, OptionWords
from tracker.runtime.output_plan import OutputPlan
from tracker.runtime.run import run, settled_result
from tracker.runtime.stages import follow, take_in
from tracker.video.camera_config import CameraConfig, load_camera_config
from tracker.video.cameras import CameraSpec, camera_from_source, parse_cameras, require_unique
from tracker.video.clock import set_offsets
from tracker.video.live_source import LiveOptions
from tracker.video.source import FrameSource

Source = str | Path | int | FrameSource
Sources = Source | Sequence[Source] | Mapping[str, Source] | None


@overload
def track(
    source: Sources = None, *, config: str | Path | None = None, stream: Literal[False] = False,
    **options: Unpack[OptionWords],
) -> Result: ...  # fmt: skip


@overload
def track(
    source: Sources = None, *, config: str | Path | None = None, stream: Literal[True],
    **options: Unpack[OptionWords],
) -> "Steps": ...  # fmt: skip


def track(
    source: Sources = None, *, config: str | Path | None = None, stream: bool = False,
    **options: Unpack[OptionWords],
) -> "Result | Steps":  # fmt: skip
    """Follow the people in one video or several cameras; the ids are those of the command line.

    Args:
        source: A video file, a folder or glob of pictures, a webcam's number, an rtsp or http
            address, a `FrameSource` of one's own; several of them, or a dict from camera names to
            them. None takes all cameras of `config`.
        config: A ``cameras.yaml`` with clocks, calibration and travel times.
        stream: Give each frame as it is followed, with ids that are settled as people appear;
            else return when everything is over, with ids that a second pass has settled.
        options: See `tracker.runtime.options.Options`; the names are those of the command line.

    Returns:
        The people, their visits and why these belong together; with `stream`, an iterator of
        `Step` whose `result` is that.

    Raises:
        ReidTrackError: A source, a model or an option cannot be used; the message says what to do.
        KeyboardInterrupt: As usual.
    """
    file = load_camera_config(Path(config)) if config else CameraConfig()
    chosen = Options.of(options).knowing(file)
    cameras = set_offsets(_named(source, file), {})
    refuse_unheard(chosen, cameras)
    if stream:
        return Steps(cameras, chosen)
    live = LiveOptions(chosen.reconnect)
    sources = open_all(cameras, chosen, live)
    online = chosen.online or any(s.info.live for s in sources)
    try:
        networks = load_networks(chosen, [c.name for c in cameras])
        settings = run_settings(chosen, networks, OutputPlan(), online=online, clock=live.clock)
        return run(
            sources, networks.detectors, networks.embedder, settings,
            reopen=reopener(cameras, sources, chosen),
        ).result  # fmt: skip
    finally:
        for opened in sources:
            opened.close()


class Steps:
    """The frames of all cameras in order of time, as they are followed.

    Examples:
        >>> steps = track("samples/cam1.mp4", stream=True, max_frames=3, reid=None)
        >>> [(step.camera, step.index, step.global_ids.tolist()) for step in steps]
        [('cam1', 0, []), ('cam1', 1, []), ('cam1', 2, [])]
        >>> len(steps.result.people)
        0
    """

    def __init__(self, cameras: Sequence[CameraSpec], options: Options) -> None:
        live = LiveOptions(options.reconnect)
        sources = open_all(cameras, options, live)
        try:
            networks = load_networks(options, [c.name for c in cameras])
        except BaseException:
            for opened in sources:
                opened.close()
            raise
        online = options.online is None or options.online
        self._settings = run_settings(
            options, networks, OutputPlan(), online=online, clock=live.clock
        )
        self._core = MultiCameraTracker(self._settings.core(named=True), networks.embedder)
        self._intake = take_in(
            sources, networks.detectors, self._core, threads=self._settings.threads
        )
        self._steps = self._followed()

    def __iter__(self) -> Iterator[Step]:
        """Yield the frames; whoever leaves the loop early can go on with another one.

        Raises:
            SourceError: No camera gave a single frame.
        """
        return self._steps

    @property
    def failures(self) -> dict[str, SourceError]:
        """Cameras that broke while others went on, by name."""
        return dict(self._intake.failures)

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the sources; done at the end of the frames by itself."""
        with closing(self._steps):
            pass

    def _followed(self) -> Generator[Step]:
        empty = True
        with closing(follow(self._intake, self._core)) as steps:
            for step in steps:
                empty = False
                yield step
        if empty and self._intake.failures:
            raise next(iter(self._intake.failures.values()))

    @property
    def result(self) -> Result:
        """The people as far as frames were taken; those who are in view have not left yet."""
        return settled_result(self._core, self._intake.sources, self._settings)


def _named(source: Sources, config: CameraConfig) -> list[CameraSpec]:
    """Name the cameras as the command line does."""
    if source is None:
        return list(config.cameras.values())
    if isinstance(source, Mapping):
        return require_unique([_camera(name, where, config) for name, where in source.items()])
    many = [source] if isinstance(source, str | Path | int | FrameSource) else list(source)
    return require_unique([_camera(None, item, config) for item in many])


def _camera(name: str | None, source: Source, config: CameraConfig) -> CameraSpec:
    if isinstance(source, FrameSource):
        name = name or source.info.name
        known = config.cameras.get(name) or CameraSpec(name, "")
        return replace(known, source=source.info.source, given=source)
    if name is not None:
        return parse_cameras([f"{name}={source}"], config.cameras)[0]
    return config.cameras.get(str(source)) or camera_from_source(str(source))
