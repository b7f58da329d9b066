"""Which files a run writes, and that each of them is whole or not there."""

import json
import os
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.media import names_in, picture, read_video, reid_track, write_boxes, write_video
from tests.parts import visit
from tracker.core.atomic import replacing
from tracker.core.errors import ConfigError, OutputError
from tracker.core.failures import Failures
from tracker.core.types import CameraInfo, Identity, Image
from tracker.results.result import ModelUse, Result
from tracker.runtime.output_plan import claimed, plan_outputs, write_tables
from tracker.video.codec import CONTAINERS
from tracker.video.writer import VideoForm, video_sink

RUN_AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("cameras", "options", "expected"),
    [
        pytest.param("a", {}, "a.tracks.json", id="nothing asked"),
        pytest.param("a b", {}, "tracks.json", id="two cameras, nothing asked"),
        pytest.param("a", {"out": "v.mp4"}, "v.mp4 v.json", id="one video"),
        pytest.param("a", {"out": "v.AVI"}, "v.AVI v.json", id="ending in capitals"),
        pytest.param("a", {"out": "new"}, "new/a.mp4 new/tracks.json", id="new folder"),
        pytest.param("a", {"out": "old.d"}, "old.d/a.mp4 old.d/tracks.json", id="old folder"),
        pytest.param("a b", {"out": "new"}, "new/a.mp4 new/b.mp4 new/tracks.json",
                     id="two cameras into a folder"),
        pytest.param("a", {"out": "v.mp4", "json": "x.json"}, "v.mp4 x.json", id="both named"),
        pytest.param("a b", {"out": "new", "json": "x.json"}, "new/a.mp4 new/b.mp4 x.json",
                     id="folder and json"),
        pytest.param("a", {"json": "x.json", "formats": ["mot", "jsonl", "csv"]},
                     "x.json x.txt x.jsonl x.csv", id="all formats"),
        pytest.param("a", {"json": "x.json", "formats": ["csv", "json", "csv"]},
                     "x.json x.csv", id="a format twice"),
        pytest.param("a b", {"formats": ["mot", "csv"]}, "tracks.json a.txt b.txt tracks.csv",
                     id="mot is one file per camera"),
        pytest.param("a b", {"out": "new", "formats": ["mot"]},
                     "new/a.mp4 new/b.mp4 new/tracks.json new/a.txt new/b.txt",
                     id="mot beside the json"),
        pytest.param("cam.1", {"formats": ["csv"]}, "cam.1.tracks.json cam.1.tracks.csv",
                     id="a dot in the name"),
    ],
)  # fmt: skip
def test_the_files_of_a_run(here: Path, cameras, options, expected):
    (here / "old.d").mkdir()
    paths = {key: Path(options[key]) for key in ("out", "json") if key in options}

    plan = plan_outputs(cameras.split(), **{"out": None, "json": None, **options, **paths})

    assert [str(path) for path in plan.paths()] == expected.split()
    assert all(path.parent.is_dir() for path in plan.paths())


@pytest.mark.parametrize(
    ("cameras", "options", "error", "words"),
    [
        pytest.param("a", {"out": "v.xyz"}, OutputError, r"v\.xyz.*\.mp4", id="unknown ending"),
        pytest.param("a", {"out": "no/v.mp4"}, OutputError, "folder 'no'", id="missing folder"),
        pytest.param("a", {"json": "no/t.json"}, OutputError, "folder 'no'", id="for the json"),
        pytest.param("a", {"json": "dir"}, OutputError, "'dir' is a folder", id="json is a folder"),
        pytest.param("a", {"out": "file"}, OutputError, "'file'", id="folder is a file"),
        pytest.param("a b", {"out": "file"}, OutputError, "'file'", id="two, folder is a file"),
        pytest.param("a b", {"out": "v.mp4"}, OutputError, r"v\.mp4.*folder",
                     id="two cameras, one video name"),
        pytest.param("a", {"out": "old.mp4"}, OutputError, r"old\.mp4.*--overwrite", id="video"),
        pytest.param("a", {"json": "old.json"}, OutputError, "--overwrite", id="json"),
        pytest.param("a", {"json": "old.json", "formats": ["csv"]}, OutputError, "--overwrite",
                     id="table"),
        pytest.param("a", {"formats": ["cvs"]}, ConfigError, "'cvs'.*Did you mean 'csv'",
                     id="unknown format"),
        pytest.param("a", {"formats": ["xlsx"]}, ConfigError, "json, mot, cvat, coco-video",
                     id="no near format"),
        pytest.param("a", {"out": "v.mp4", "json": "v.mp4"}, OutputError, r"v\.mp4",
                     id="video and json of one name"),
        pytest.param("a", {"json": "t.csv", "formats": ["csv"]}, OutputError, r"t\.csv",
                     id="json and csv of one name"),
        pytest.param("a", {"json": "a.txt", "formats": ["mot"]}, OutputError, r"a\.txt",
                     id="json and mot of one name"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_told_before_the_work(here: Path, cameras, options, error, words):
    (here / "dir").mkdir()
    for name in ("file", "old.mp4", "old.json", "old.csv"):
        (here / name).write_text("mine")
    paths = {key: Path(options[key]) for key in ("out", "json") if key in options}

    with pytest.raises(error, match=words):
        _claim(cameras.split(), **{"out": None, "json": None, **options, **paths})

    assert names_in(here) == {"dir", "file", "old.mp4", "old.json", "old.csv"}
    assert (here / "old.json").read_text() == "mine"


def _claim(cameras: list[str], **options: Any) -> None:
    with claimed(plan_outputs(cameras, **options), overwrite=False):
        pass


@pytest.mark.skipif(RUN_AS_ROOT, reason="root may write anywhere")
def test_a_folder_without_permission_is_told_before_the_work(here: Path):
    (here / "locked").mkdir(mode=0o500)

    plan = plan_outputs(["a"], out=None, json=Path("locked/t.json"))

    with pytest.raises(OutputError, match="ermission"), claimed(plan, overwrite=False):
        pass


def test_overwrite_allows_what_exists(here: Path):
    (here / "old.json").touch()

    plan = plan_outputs(["a"], out=None, json=Path("old.json"))

    with claimed(plan, overwrite=True):
        assert names_in(here) == {"old.json", ".old.json.lock"}
    assert names_in(here) == {"old.json"}
    assert plan.paths() == [Path("old.json")]


@pytest.mark.parametrize(
    ("words", "source"),
    [
        pytest.param(["--out", "a.mp4"], "a.mp4", id="video over its source"),
        pytest.param(["--json", "boxes.txt"], "boxes.txt", id="json over the boxes"),
        pytest.param(["--json", "boxes.json", "--format", "mot"], "boxes.txt", id="mot over them"),
        pytest.param(["--out", "."], "a.mp4", id="folder of the source"),
    ],
)
def test_an_input_is_never_replaced_even_with_overwrite(here: Path, capsys, words, source):
    write_video(here / "a.mp4", 3)
    write_boxes(here / "boxes.txt", 3)
    before = (here / source).read_bytes()

    code = reid_track("a.mp4", "--detections", "boxes.txt", "--reid", "none", "--overwrite", *words)

    assert code == 1
    assert source in capsys.readouterr().err
    assert (here / source).read_bytes() == before


def test_a_run_writes_all_it_said_and_nothing_else(here: Path, capsys):
    write_boxes(here / "boxes.txt", 6)
    for name in ("a", "b"):
        write_video(here / f"{name}.mp4", 6, fps=29.97)
        write_boxes(here / f"{name}.txt", 6)

    code = reid_track(
        *("a.mp4", "b.mp4", "--detections", ".", "--reid", "none", "--out", "new"),
        *("--format", "mot,jsonl,csv", "--summary", "json"),
    )

    summary = json.loads(capsys.readouterr().out)
    written = {"a.mp4", "b.mp4", "tracks.json", "a.txt", "b.txt", "tracks.jsonl", "tracks.csv"}
    assert code == 0
    assert {Path(name).name for name in summary["files"]} == written
    assert names_in(here / "new") == written
    for name in ("a", "b"):
        frames, fps = read_video(here / "new" / f"{name}.mp4")
        assert frames == 6
        assert fps == pytest.approx(29.97, abs=1e-3)


def test_a_second_run_needs_overwrite_and_leaves_the_first_alone(here: Path, capsys):
    boxes = write_boxes(here / "boxes.txt", 6)
    words = ["--detections", boxes, "--size", "96x64", "--json", "t.json"]
    assert reid_track(*words) == 0
    first = (here / "t.json").read_bytes()
    capsys.readouterr()

    assert reid_track(*words, "--fps", "5") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (here / "t.json").read_bytes() == first

    assert reid_track(*words, "--fps", "5", "--overwrite") == 0
    assert (here / "t.json").read_bytes() != first


def test_tables_appear_one_by_one_and_leave_nothing_beside_them(here: Path):
    plan = plan_outputs(["a"], out=None, json=Path("t.json"), formats=["mot", "csv", "jsonl"])

    files = [(path, path.is_file()) for path in write_tables(_result(), plan, Failures())]

    assert files == [(path, True) for path in plan.paths()]
    assert names_in(here) == {"t.json", "t.txt", "t.csv", "t.jsonl"}


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [None, "the old one"])
def test_a_writer_that_fails_leaves_what_was_there(here: Path, error, before):
    target = here / "t.json"
    if before:
        target.write_text(before)

    def write_half() -> None:
        with replacing(target) as part:
            part.write_text("half")
            assert names_in(here) - {"t.json"} == {part.name}
            raise error("in the middle")

    with pytest.raises((ValueError, OutputError, KeyboardInterrupt)):
        write_half()

    assert names_in(here) == ({"t.json"} if before else set())
    assert not before or target.read_text() == before


def test_a_system_error_while_writing_names_the_file(here: Path):
    with pytest.raises(OutputError, match=r"t\.json"), replacing(here / "t.json"):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("ending", sorted(CONTAINERS))
@pytest.mark.parametrize("fps", [29.97, 25.0, 29.97 / 7, 0.5])
@pytest.mark.parametrize("frames", [1, 7])
def test_a_video_has_all_its_frames_at_its_rate(here: Path, ending, fps, frames):
    path = here / f"v{ending}"

    with video_sink(path, VideoForm(fps, (96, 64))) as sink:
        for number in range(frames):
            sink.write(picture(number))

    assert names_in(here) == {path.name}
    assert read_video(path) == (frames, pytest.approx(fps, rel=1e-3))


@pytest.mark.parametrize("size", [(97, 65), (33, 64), (16, 16)])
def test_odd_and_small_sizes_become_videos_too(here: Path, size):
    with video_sink(here / "v.mp4", VideoForm(25.0, size)) as sink:
        sink.write(picture(1, size))

    assert read_video(here / "v.mp4")[0] == 1
    video = cv2.VideoCapture(str(here / "v.mp4"))
    stored = [video.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
    assert stored == [side + side % 2 for side in size]  # the codecs know even sizes only


def test_a_frame_of_another_size_is_an_error_and_leaves_no_video(here: Path):
    pictures = [picture(0), picture(1, (64, 48))]

    with pytest.raises(OutputError, match=r"64x48.*96"):
        _write(here / "v.mp4", pictures)

    assert names_in(here) == set()


@pytest.mark.parametrize("ending", [".mp4", ".avi"])
def test_an_interrupt_keeps_a_readable_video(here: Path, ending):
    with pytest.raises(KeyboardInterrupt):
        _write(here / f"v{ending}", [picture(n) for n in range(5)], KeyboardInterrupt())

    assert names_in(here) == {f"v{ending}"}
    assert read_video(here / f"v{ending}")[0] == 5


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_video_without_a_frame_is_not_kept(here: Path, error):
    with pytest.raises(error), video_sink(here / "v.mp4", VideoForm(10.0, (96, 64))):
        raise error

    assert names_in(here) == set()


def test_a_video_that_cannot_be_opened_is_an_error(here: Path):
    with (
        pytest.raises(OutputError, match="0x0"),
        video_sink(here / "v.mp4", VideoForm(10.0, (0, 0))),
    ):
        pass

    assert names_in(here) == set()


def _write(path: Path, pictures: list[Image], end: BaseException | None = None) -> None:
    with video_sink(path, VideoForm(10.0, (96, 64))) as sink:
        for image in pictures:
            sink.write(image)
        if end:
            raise end


def _result() -> Result:
    camera = CameraInfo("a", "a.mp4", 640, 480, 10.0, 21)
    people = [Identity(1, [visit("a", 1, (0.0, 2.0), None)])]
    return Result([camera], ModelUse("toy", None), None, people)
