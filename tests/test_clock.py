"""Cameras that began at different instants, and what else cameras.yaml says about several."""

import json
import math
from pathlib import Path

import av
import jsonschema
import numpy as np
import pytest

from tests.media import reid_track, write_boxes, write_video
from tracker.core.config import LinkConfig, Travel
from tracker.core.errors import ConfigError, SourceError
from tracker.core.types import CameraInfo, Frame
from tracker.results.schemas import load_schema
from tracker.runtime.stages import arrivals
from tracker.video.camera_config import load_camera_config
from tracker.video.cameras import CameraSpec
from tracker.video.clock import set_offsets
from tracker.video.images import BoxesOnlySource
from tracker.video.source import Sampling, ShiftedSource

RUN = ("--detections", "boxes", "--reid", "none", "--json", "t.json")
TWO = "cameras:\n  a: {source: a.mp4%s}\n  b: {source: b.mp4%s}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two videos and their boxes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boxes").mkdir()
    for name in ("a", "b"):
        write_video(tmp_path / f"{name}.mp4", 6)
        write_boxes(tmp_path / "boxes" / f"{name}.txt", 6)
    return tmp_path


def config(text: str) -> list[str]:
    """Options that read a cameras.yaml with this text."""
    Path("c.yaml").write_text(text, encoding="utf-8")
    return ["--config", "c.yaml"]


def times_of(camera: str) -> list[list[tuple[int, float]]]:
    """Frame and time of all boxes of each track of a camera in t.json, which fits the schema."""
    result = json.loads(Path("t.json").read_text())
    jsonschema.validate(result, load_schema())
    tracks = [t for t in result["tracks"] if t["camera"] == camera]
    return [[(box["frame"], box["time_s"]) for box in track["boxes"]] for track in tracks]


def offsets_of() -> dict[str, float]:
    """The offsets that t.json states."""
    cameras = json.loads(Path("t.json").read_text())["cameras"]
    return {camera["name"]: camera["offset_s"] for camera in cameras}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], (0, 0), id="none"),
        pytest.param(["--offset", "b=+1.2"], (0, 1.2), id="one"),
        pytest.param(["--offset", "b=-1.2"], (0, -1.2), id="earlier"),
        pytest.param(["--offset", "a=0.5, b=3"], (0.5, 3), id="commas"),
        pytest.param(["--offset", "a=.5", "--offset", "b=3"], (0.5, 3), id="repeated"),
        pytest.param(["--offset", "b=1e-1"], (0, 0.1), id="exponent"),
    ],
)
def test_an_offset_moves_the_times_and_not_the_frames(words, expected):
    assert reid_track("--cams", "a,b", *RUN, *words) == 0

    assert offsets_of() == dict(zip("ab", expected, strict=True))
    for camera, offset in zip("ab", expected, strict=True):
        tracks = times_of(camera)
        assert len(tracks) == 2
        for track in tracks:
            assert [time for _, time in track] == pytest.approx([f / 10 + offset for f, _ in track])
            assert [frame for frame, _ in track] == list(range(6))


@pytest.mark.parametrize(
    ("entries", "words", "expected"),
    [
        pytest.param(("", ", offset: 1.5"), [], (0, 1.5), id="offset"),
        pytest.param(("", ", offset: 1.5"), ["--offset", "b=2"], (0, 2), id="the option wins"),
        pytest.param(
            (", start: 2026-01-05T10:00:00.250", ", start: 2026-01-05 09:59:59"), [], (1.25, 0),
            id="start times",
        ),
        pytest.param(
            (", start: '2026-01-05T10:00:00.250'", ", start: '2026-01-05T10:01:00'"), [],
            (0, 59.75), id="quoted",
        ),
        pytest.param(
            (", start: 2026-01-05T10:00:00Z", ", start: 2026-01-05T12:00:01+02:00"), [], (0, 1),
            id="time zones",
        ),
        pytest.param(
            (", start: 2026-01-05T10:00:00", ""), ["--offset", "b=-3"], (0, -3),
            id="an option for the one without",
        ),
        pytest.param(
            (", start: 2026-01-05T23:59:59.5", ", start: 2026-01-06T00:00:00.5"),
            ["--offset", "a=7"], (7, 1), id="an option over a start time",
        ),
    ],
)  # fmt: skip
def test_a_config_sets_the_clocks(entries, words, expected):
    assert reid_track(*config(TWO % entries), *RUN, *words) == 0

    assert offsets_of() == pytest.approx(dict(zip("ab", expected, strict=True)))


def test_start_times_count_among_the_cameras_that_run():
    words = config(TWO % (", start: 2026-01-05T10:00:00", ", start: 2026-01-05T11:00:00"))

    assert reid_track(*words, "--cams", "b", *RUN) == 0

    assert offsets_of() == {"b": 0}


def test_drawing_does_not_depend_on_the_clock(here: Path):
    for out, words in (("plain.avi", []), ("moved.avi", ["--offset", "a=-7.7"])):
        boxes = ("--detections", "boxes/a.txt", "--reid", "none")
        assert reid_track("a.mp4", *boxes, "--out", out, *words) == 0

    plain, moved = (_pictures(here / name) for name in ("plain.avi", "moved.avi"))
    assert len(plain) == 6
    assert all(np.array_equal(a, b) for a, b in zip(plain, moved, strict=True))


def _pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]


@pytest.mark.parametrize("offset", [-1000.1, 0.3, 86400.0])
def test_the_clock_changes_nothing_else(here: Path, offset):
    def without_times(path: str) -> str:
        result = json.loads(Path(path).read_text())
        for track in result["tracks"]:
            for box in track["boxes"]:
                del box["time_s"]
        return json.dumps(result["tracks"])

    for name, words in (("t.json", []), ("moved.json", ["--offset", f"a={offset},b={offset}"])):
        assert reid_track("--cams", "a,b", *RUN[:-1], name, *words) == 0

    assert without_times("t.json") == without_times("moved.json")


CLOCK_ERRORS = [
    pytest.param("", ["--offset", "c=1"], ["--offset", "no camera 'c'", "a, b"], id="no camera"),
    pytest.param("", ["--offset", "b"], ["--offset 'b'", "cam2=+1.2"], id="no number"),
    pytest.param("", ["--offset", "b=soon"], ["b=soon", "SECONDS"], id="a word"),
    pytest.param("", ["--offset", "b=nan"], ["b=nan"], id="nan"),
    pytest.param("", ["--offset", "b=inf"], ["b=inf"], id="inf"),
    pytest.param("", ["--offset", "=1"], ["=1", "CAMERA"], id="no name"),
    pytest.param("", ["--offset", "b=1,"], ["--offset", "empty item"], id="empty item"),
    pytest.param("", ["--offset", "b=1,b=2"], ["'b' twice"], id="twice"),
    pytest.param("", ["--overlap", "maybe"], ["--overlap is 'maybe'", "auto, yes, no"],
                 id="--overlap"),
    pytest.param("", ["--overlap", "Yes"], ["--overlap", "Did you mean 'yes'"], id="capital"),
    pytest.param(", offset: soon", [], ["camera 'b'", "offset is 'soon'"], id="offset is a word"),
    pytest.param(", offset: .inf", [], ["offset is 'inf'"], id="offset without end"),
    pytest.param(", offset: true", [], ["offset is 'True'"], id="offset is a truth"),
    pytest.param(", offset: [1]", [], ["offset is '[1]'"], id="offset is a list"),
    pytest.param(", ofset: 1", [], ["'ofset'", "Did you mean 'offset'"], id="typo in a key"),
    pytest.param(", start: 10:00:00", [], ["start is '36000'", "2026-01-05T10"], id="no date"),
    pytest.param(", start: 2026-01-05", [], ["start is '2026-01-05'", "a time"], id="no time"),
    pytest.param(", start: 2026-13-05T10:00:00", [], ["c.yaml", "month"], id="no such month"),
    pytest.param(", start: noon", [], ["start is 'noon'"], id="start is a word"),
    pytest.param(", start: ", [], ["start is 'None'"], id="start is empty"),
    pytest.param(", start: 2026-01-05T10:00:00", [], ["'a' has no 'start:'", "--offset a="],
                 id="one start time"),
    pytest.param(", start: 2026-01-05T10:00:00, offset: 1", [], ["an offset and a start"],
                 id="both"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "words", "told"), CLOCK_ERRORS)
def test_a_wrong_clock_is_one_line(capsys, entry, words, told):
    code = reid_track(*config(TWO % ("", entry)), *RUN, *words)

    _assert_one_line(code, capsys.readouterr(), told)


def test_time_zones_for_some_are_an_error(capsys):
    text = TWO % (", start: 2026-01-05T10:00:00Z", ", start: 2026-01-05T10:00:00")

    _assert_one_line(
        reid_track(*config(text), *RUN), capsys.readouterr(), ["a time zone", "b 2026"]
    )


def test_boxes_alone_have_no_camera_to_move(here: Path, capsys):
    code = reid_track("--detections", "boxes/a.txt", "--size", "96x64", "--offset", "a=1")

    _assert_one_line(code, capsys.readouterr(), ["no camera 'a'", "only boxes"])


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        pytest.param("", [], "auto", id="not said"),
        pytest.param("overlap: yes\n", [], "yes", id="bare yes"),
        pytest.param("overlap: no\n", [], "no", id="bare no"),
        pytest.param("overlap: 'yes'\n", [], "yes", id="quoted"),
        pytest.param("overlap: auto\n", [], "auto", id="auto"),
        pytest.param("overlap: yes\n", ["--overlap", "no"], "no", id="the option wins"),
    ],
)
def test_overlap_comes_from_the_option_or_the_config(monkeypatch, text, words, expected):
    seen: list[LinkConfig] = []

    def stop(sources, detectors, embedder, settings, **_):
        seen.append(settings.link)
        raise SourceError("enough")

    monkeypatch.setattr("tracker.cli.session.run", stop)

    assert reid_track(*config(text + TWO % ("", "")), *RUN, *words) == 1

    assert [link.overlap for link in seen] == [expected]


TRAVEL = "travel: [%s]\ncameras: {a: a.mp4, b: b.mp4, c: c.mp4}\n"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("{from: a, to: b, min_s: 3, max_s: 60}",
                     [Travel("a", "b", 3, 60), Travel("b", "a", 3, 60)], id="both directions"),
        pytest.param("{from: a, to: b, min_s: 3, max_s: 60, both: false}",
                     [Travel("a", "b", 3, 60)], id="one direction"),
        pytest.param("{from: a, to: b, min_s: 3, both: no}, {from: b, to: a, max_s: 9, both: no}",
                     [Travel("a", "b", 3, math.inf), Travel("b", "a", 0, 9)], id="each its own"),
        pytest.param("{from: a, to: b, min_s: 0, max_s: 0, both: false}",
                     [Travel("a", "b", 0, 0)], id="at once"),
    ],
)  # fmt: skip
def test_travel_times_are_read_for_each_direction(entry, expected):
    config(TRAVEL % entry)

    assert load_camera_config(Path("c.yaml")).travel == tuple(expected)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        pytest.param("{from: a, to: d, min_s: 1}", ["no camera 'd'", "a, b, c"], id="no camera"),
        pytest.param("{from: a, to: a, min_s: 1}", ["'a' to 'a'", "two cameras"], id="no way"),
        pytest.param("{from: a, to: b}", ["min_s or max_s"], id="no times"),
        pytest.param("{from: a, min_s: 1}", ["'from' and 'to'"], id="no end"),
        pytest.param("{from: a, to: b, min_s: -1}", ["-1 to inf"], id="before leaving"),
        pytest.param("{from: a, to: b, min_s: 5, max_s: 4}", ["5 to 4 s"], id="nothing between"),
        pytest.param("{from: a, to: b, min_s: few}", ["min_s is 'few'"], id="a word"),
        pytest.param("{from: a, to: b, max: 5}", ["'max'", "Did you mean 'max_s'"], id="typo"),
        pytest.param("{from: a, to: b, max_s: 5, both: 2}", ["true or false"], id="both"),
        pytest.param("{from: a, to: b, max_s: 5}, {from: b, to: a, max_s: 6}",
                     ["'b' to 'a'", "given twice", "both: false"], id="twice"),
        pytest.param("a", ["'from' and 'to'"], id="a name"),
    ],
)  # fmt: skip
def test_wrong_travel_times_are_one_line(capsys, entry, told):
    _assert_one_line(reid_track(*config(TRAVEL % entry), *RUN), capsys.readouterr(), told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("overlap: perhaps\n", ["overlap is 'perhaps'", "auto, yes, no"], id="overlap"),
        pytest.param("overlap: [yes]\n", ["overlap is '[True]'"], id="overlap is a list"),
        pytest.param("travel: {a: b}\n", ["travel is a list"], id="travel"),
        pytest.param("overlaps: yes\n", ["Did you mean 'overlap'"], id="unknown key"),
    ],
)
def test_other_wrong_keys_of_a_config_are_one_line(capsys, text, told):
    code = reid_track(*config(text + TWO % ("", "")), *RUN)

    _assert_one_line(code, capsys.readouterr(), ["c.yaml", *told])


def source(name: str, fps: float, frames: int, offset_s: float) -> ShiftedSource:
    """A camera without pictures, on the common clock."""
    info = CameraInfo(name, "none", 96, 64, fps, frames)
    return ShiftedSource(BoxesOnlySource(info, Sampling()), offset_s)


@pytest.mark.parametrize("offsets", [(0, 0), (0, 1.23), (0, -2.5), (5, 100), (-3, -3.05)])
def test_cameras_run_abreast_by_the_common_clock(offsets):
    cameras = [
        source(name, fps, 40, offset)
        for name, fps, offset in zip("ab", (10.0, 4.0), offsets, strict=True)
    ]

    times = np.array([f.time_s for _, f in filter(None, arrivals(cameras)) if isinstance(f, Frame)])

    assert len(times) == 80
    assert times.min() == pytest.approx(min(offsets))
    behind = np.maximum.accumulate(times) - times
    assert behind.max() <= 1 / 4 + 1e-9  # never farther apart than a frame of the slower camera


def test_specs_keep_what_is_not_about_time():
    cameras = [CameraSpec("a", "a.mp4", offset_s=1), CameraSpec("b", "0")]

    assert set_offsets(cameras, {"b": 2.0}) == [
        CameraSpec("a", "a.mp4", offset_s=1),
        CameraSpec("b", "0", offset_s=2.0),
    ]
    with pytest.raises(ConfigError, match="Did you mean 'b'"):
        set_offsets(cameras, {"bb": 2.0})


def _assert_one_line(code: int, printed, told: list[str]) -> None:
    assert code == 1
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1, printed.err
    assert printed.err.startswith("error: ")
    for words in told:
        assert words in printed.err
    assert not Path("t.json").exists()


BOXES_ALONE = ("--size", "96x64", "--fps", "5", "--json", "t.json")


def test_a_folder_of_boxes_is_a_camera_each(here: Path):
    assert reid_track("--detections", "boxes", *BOXES_ALONE, "--offset", "b=2") == 0

    assert offsets_of() == {"a": 0, "b": 2}
    for camera, offset in (("a", 0), ("b", 2)):
        assert len(times_of(camera)) == 2
        assert times_of(camera)[0] == [(f, pytest.approx(f / 5 + offset)) for f in range(6)]


@pytest.mark.parametrize("words", [["--config", "c.yaml"], ["--cams", "b=none,a=none"]])
def test_cameras_without_pictures_are_named_as_others_are(words):
    config("cameras: {b: none, a: {source: none, offset: -1}}")

    assert reid_track(*words, "--detections", "boxes", *BOXES_ALONE) == 0

    assert offsets_of() == {"b": 0, "a": -1 if "--config" in words else 0}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["--cams", "a=none", "--detections", "boxes", "--out", "x"], ["--out"],
                     id="nothing to draw on"),
        pytest.param(["--cams", "a=none,b", "--detections", "boxes"],
                     ["'b' has a source", "all or no cameras"], id="both kinds"),
        pytest.param(["--cams", "a=none"], ["need --detections"], id="no boxes"),
        pytest.param(["--cams", "c=none", "--detections", "boxes"], ["boxes/c.txt"], id="no file"),
        pytest.param(["--detections", "."], ["no <camera>.txt"], id="no files"),
    ],
)  # fmt: skip
def test_wrong_cameras_without_pictures_are_one_line(capsys, words, told):
    code = reid_track(*words, *BOXES_ALONE)

    _assert_one_line(code, capsys.readouterr(), told)
