"""One output fails, two runs meet, a run is killed: what was found stays."""

import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from tests.faults.seeds import small_result, write_journal
from tests.media import (
    logged,
    names_in,
    picture,
    read_video,
    reid_track,
    write_boxes,
    write_pictures,
    write_video,
)
from tests.streams import HttpCamera, when_told
from tests.test_endless import FakeCamera
from tracker.core.atomic import locked, replacing
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.errors import OutputError, SourceError
from tracker.core.failures import Failures
from tracker.core.types import Frame
from tracker.detection.replay import ReplayDetector
from tracker.formats.recovery import recovered
from tracker.results.result import ModelUse
from tracker.results.steady_lines import SteadyLines
from tracker.results.tracks_file import read_tracks
from tracker.runtime.observer import Observer
from tracker.runtime.output_plan import Streaming, plan_outputs, plan_streaming
from tracker.runtime.run import run
from tracker.runtime.run_data import RunOutcome, RunSettings
from tracker.video.source import Sampling

FRAMES = 20
NO_MODEL = ("--detections", "boxes.txt", "--reid", "none")
HOLD = (  # a process that holds the lock of the file in its first word until it is killed
    "import sys, time; from pathlib import Path; from tracker.core.atomic import locked\n"
    "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video and its boxes in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mp4", FRAMES)
    write_boxes(tmp_path / "boxes.txt", FRAMES)
    return tmp_path


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file can grow further, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Another process is writing that; its number."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process.pid
        finally:
            process.kill()


def live_words(camera: HttpCamera) -> list[str]:
    return ["--cams", f"cam={camera.address}", *NO_MODEL, "--reconnect", "0", "--max-age", "0.2"]


@pytest.mark.parametrize("options", [[], ["--segment", "1"]], ids=["one video", "segments"])
def test_a_video_that_cannot_be_written_costs_a_live_run_nothing_else(
    here: Path, capsys, options: list[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 64, 96, 3), np.uint8)
    with (
        HttpCamera(noise, pause_s=0.02) as camera,
        when_told(here / "e.jsonl", "appeared", camera.go),
        files_up_to(20_000),
    ):
        words = [*live_words(camera), "--out", "new", "--events", "e.jsonl", "--max-frames", "50"]
        code = reid_track(*words, *options)
    told = capsys.readouterr().err
    assert code == 1
    assert told.count("error: cannot write the video") >= 1
    assert "failed: cannot write the video" in told  # again, at the end
    found = read_tracks(here / "new/tracks.json").tracks
    assert len(found) >= 2  # more where a busy machine leaves frames out
    assert "appeared" in (here / "e.jsonl").read_text()


class FakeFullDisk:
    """A fake file that takes what it is told to, and then says that the disk is full."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self.room: int | None = None

    def write(self, content: bytes) -> int:
        if self.room is None:
            return self._file.write(content)
        taken, self.room = content[: self.room], 0
        if not taken:
            raise OSError(28, "No space left on device")
        return self._file.write(taken)

    def truncate(self, size: int) -> int:
        return self._file.truncate(size)

    def seek(self, place: int) -> int:
        return self._file.seek(place)

    def close(self) -> None:
        self._file.close()


def test_lines_wait_for_a_full_disk_and_none_is_lost_or_cut(tmp_path: Path) -> None:
    failures = Failures()
    lines = SteadyLines(tmp_path / "j", failures)
    lines.close()
    disk = FakeFullDisk(tmp_path / "j")
    lines._out = disk  # type: ignore[assignment]
    lines.write({"n": 1})
    disk.room = 4
    lines.write({"n": 2})
    lines.write({"n": 3})
    assert (tmp_path / "j").read_text() == '{"n": 1}\n'
    assert len(lines.waiting) == 2
    disk.room = None
    lines.write({"n": 4})
    assert [json.loads(x)["n"] for x in (tmp_path / "j").read_text().splitlines()] == [1, 2, 3, 4]
    disk.close()
    assert len(failures.noted) == 1
    assert "kept in memory" in str(failures.noted[0])


def test_a_noted_failure_keeps_nothing_of_what_was_being_written() -> None:
    class FakeEncoder:
        """A fake of what takes megabytes."""

    kept: list[weakref.ref[FakeEncoder]] = []

    def write() -> None:
        encoder = FakeEncoder()
        kept.append(weakref.ref(encoder))
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise OutputError("cannot write the video") from error

    failures = Failures()
    with failures.apart():
        write()
    gc.collect()
    assert len(failures.noted) == 1
    assert kept[0]() is None


def follow(
    here: Path, live: FakeCamera, change: Callable[[int], None], **paths: Path | None
) -> RunOutcome:
    """A live run over a fake camera; `change` is called with the number of each frame."""

    class Watching(Observer):
        """Is told of each frame."""

        def step(self, step: object) -> None:
            change(step.index)  # type: ignore[attr-defined]

    plan = plan_outputs(["cam"], out=paths.get("out"), json=here / "t.json", formats=["csv"])
    plan = plan_streaming(plan, Streaming(live=True))
    settings = RunSettings(
        TrackerConfig(), LinkConfig(), Sampling(), plan, ModelUse("replay", None), None, "none",
        online=True,
    )  # fmt: skip
    boxes = {"cam": ReplayDetector(here / "boxes.txt")}
    return run([live], boxes, None, settings, reopen=lambda _: live, observer=Watching())


class ShortCamera(FakeCamera):
    """A fake live camera of few frames."""

    def __init__(self) -> None:
        super().__init__(live=True)

    def frames(self) -> Iterator[Frame]:
        for index in range(FRAMES):
            yield Frame("cam", index, index / 10, picture(3))


def test_a_journal_that_cannot_be_written_costs_nobody(here: Path) -> None:
    def fill(number: int) -> None:
        if number == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        if number == FRAMES - 1:
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )

    outcome = follow(here, ShortCamera(), fill)
    assert len(read_tracks(here / "t.json").tracks) == 2
    assert (here / "t.csv").is_file()
    assert len(outcome.failures) <= 1


def test_a_log_on_a_full_disk_ends_no_run(here: Path) -> None:
    (here / "log").write_bytes(b"x" * 1000)
    write_pictures(here / "f", ["1.png", "2.png", "4.png"])  # which is told

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    with (here / "log").open("a") as log:
        log.write("x" * 1000)
        log.flush()
        words = ["f", *NO_MODEL, "--fps", "5", "--json", "o.json"]
        done = subprocess.run(
            [sys.executable, "-m", "tracker", *words], check=False, stderr=log, preexec_fn=limit
        )
    assert done.returncode in (0, 1)
    assert read_tracks(here / "o.json").cameras[0].frames == 4


def test_a_table_that_cannot_be_written_leaves_the_others(here: Path, capsys) -> None:
    (here / "t.csv").mkdir()
    (here / "t.csv/x").touch()
    outcome = follow(here, ShortCamera(), lambda _: None)
    assert len(read_tracks(here / "t.json").tracks) == 2
    assert ["t.csv" in str(f) for f in outcome.failures] == [True]


def test_a_video_that_cannot_be_drawn_leaves_tables_and_the_other_video(here: Path, capsys) -> None:
    write_video(here / "b.mp4", FRAMES)
    (here / "boxes").mkdir()
    for name in "ab":
        write_boxes(here / f"boxes/{name}.txt", FRAMES)
    (here / "out/a.mp4").mkdir(parents=True)
    words = ("a.mp4", "b.mp4", "--detections", "boxes", "--reid", "none", "--out", "out")
    assert reid_track(*words) == 1
    assert "'out/a.mp4' is a folder" in capsys.readouterr().err  # before the first frame
    assert names_in(here / "out") == {"a.mp4"}


def test_a_source_that_is_gone_before_it_is_drawn_is_a_failure(here: Path, capsys) -> None:
    code = (
        "import os, sys, tracker.runtime.run as r\n"
        "real = r._second_pass\n"
        "def gone(*words): os.unlink('a.mp4'); real(*words)\n"
        "r._second_pass = gone\n"
        "from tracker.cli import main; main(sys.argv[1:])"
    )
    words = ["a.mp4", *NO_MODEL, "--out", "v.mp4"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "failed: camera 'a': no file 'a.mp4'" in done.stderr
    assert len(read_tracks(here / "v.json").tracks) == 2
    assert not (here / "v.mp4").exists()


def wait_until_it_reads(pid: int) -> None:
    """Wait until a process waits: a signal just before it starts to read would come too early."""
    for _ in range(2):
        time.sleep(0.2)
        while psutil.Process(pid).status() != psutil.STATUS_SLEEPING:
            time.sleep(0.05)


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGTERM], ids=lambda s: s.name)
def test_a_kind_kill_ends_what_is_no_run_like_ctrl_c(here: Path, sent: signal.Signals) -> None:
    os.mkfifo(here / "pipe.csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", "import", "pipe.csv", "--out", "o.json"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process, (here / "pipe.csv").open("w"):  # opens once the process does
        wait_until_it_reads(process.pid)
        process.send_signal(sent)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (here / "o.json").exists()


def test_recover_makes_the_result_of_a_killed_run(tmp_path: Path, capsys) -> None:
    write_journal(tmp_path / "tracks.journal.jsonl", small_result())
    assert reid_track("report", tmp_path, "--out", tmp_path / "r.html") == 1
    assert "reid-track recover" in capsys.readouterr().err
    assert reid_track("recover", tmp_path) == 0
    content = read_tracks(tmp_path / "tracks.json")
    assert [len(p.tracks) for p in content.identities] == [2, 1]
    assert [c.frames for c in content.cameras] == [21, 31]
    assert reid_track("recover", tmp_path) == 1
    assert "all journals there have their result" in capsys.readouterr().err


def test_who_was_in_view_when_a_run_was_killed_is_recovered(here: Path) -> None:
    frames = 3000
    write_boxes(here / "boxes.txt", frames)
    pictures = [picture(3)] * frames
    journal = here / "new/tracks.journal.jsonl"
    with HttpCamera(pictures, pause_s=0.05) as camera:
        words = [*live_words(camera), "--max-age", "30", "--out", "new"]
        process = subprocess.Popen([sys.executable, "-m", "tracker", *words])
        camera.go()
        while not (journal.exists() and '"type": "seen"' in journal.read_text()):
            assert process.poll() is None
            time.sleep(0.2)
        process.kill()
        process.wait()
    lines = [json.loads(x) for x in journal.read_text().splitlines()]
    assert "track" not in [line["type"] for line in lines]  # no visit was over
    last = {x["track_id"]: x["last_frame"] for x in lines if x["type"] == "seen"}
    assert reid_track("recover", here / "new") == 0
    found = read_tracks(here / "new/tracks.json").tracks
    assert {t.track_id: t.last_frame for t in found} == last
    assert len(last) == 2


@pytest.mark.parametrize("damage", ["cut", "middle", "noise"])
def test_a_bad_line_of_a_journal_costs_that_line(tmp_path: Path, damage: str) -> None:
    path = write_journal(tmp_path / "a.journal.jsonl", small_result())
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "cut":
        path.write_bytes(b"".join(lines[:-2]) + lines[-2][:50])
    else:
        bad = lines[2][:40] + b"\n" if damage == "middle" else b"\x00\xff" * 40 + b"\n"
        path.write_bytes(b"".join([*lines[:2], bad, *lines[3:]]))
    with logged() as told:
        found = recovered(path)
    assert len(found.visits()) == 2
    assert len(told) == 1
    assert "a.journal.jsonl, line" in told[0]


def test_a_journal_without_its_first_line_is_told(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "a.journal.jsonl", small_result())
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(SourceError, match="lacks its first line"):
        recovered(path)


def test_ids_of_a_journal_that_merge_in_a_circle_end(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "a.journal.jsonl", small_result())
    with path.open("a") as out:
        for gone, kept in ((1, 2), (2, 1)):
            out.write(f'{{"type": "merge", "time_s": 1, "global_id": {gone}, "into": {kept}}}\n')
    assert len(recovered(path).identities) == 1


def test_a_left_journal_is_never_lost(here: Path, capsys) -> None:
    (here / "new").mkdir()
    left = write_journal(here / "new/tracks.journal.jsonl", small_result()).read_bytes()
    with HttpCamera(pause_s=0.01) as camera:
        assert reid_track(*live_words(camera), "--out", "new") == 1
        assert "was left by a run that did not end" in capsys.readouterr().err
    with HttpCamera(pause_s=0.01) as camera:
        words = [*live_words(camera), "--out", "new", "--overwrite", "--max-frames", "5"]
        assert reid_track(*words) == 0
    assert "kept the journal" in capsys.readouterr().err
    assert (here / "new/left-1-tracks.journal.jsonl").read_bytes() == left
    assert reid_track("recover", "new/left-1-tracks.journal.jsonl") == 0
    assert len(read_tracks(here / "new/left-1-tracks.json").tracks) == 3


def test_a_second_run_on_an_output_is_told_which_process_has_it(here: Path, capsys) -> None:
    with held(here / "v.json") as process:
        assert reid_track("a.mp4", *NO_MODEL, "--out", "v.mp4", "--overwrite") == 1
    assert f"process {process} is writing 'v.json'" in capsys.readouterr().err
    assert "v.mp4" not in names_in(here)


def test_the_lock_of_a_killed_process_holds_nobody(here: Path) -> None:
    with held(here / "v.json"):
        pass
    assert names_in(here) >= {".v.json.lock"}
    assert reid_track("a.mp4", *NO_MODEL, "--out", "v.mp4") == 0
    assert names_in(here) == {"a.mp4", "boxes.txt", "v.mp4", "v.json"}


def test_a_lock_waits_and_is_given_back(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "x"),
        pytest.raises(OutputError, match=str(os.getpid())),
        locked(tmp_path / "x", 0.1),
    ):
        pass
    with locked(tmp_path / "x"):
        assert names_in(tmp_path) == {".x.lock"}
    assert names_in(tmp_path) == set()


def test_a_second_review_of_a_folder_is_refused(tmp_path: Path, capsys) -> None:
    from tracker.results.tracks_json import write_tracks_json

    write_tracks_json(small_result(), tmp_path / "tracks.json")
    with held(tmp_path / "corrections.json") as process:
        assert reid_track("review", tmp_path) == 1
    assert f"process {process} is writing" in capsys.readouterr().err


def test_names_too_long_for_the_disk_are_refused_before_the_first_frame(here: Path, capsys) -> None:
    for name in ("x" * 250 + ".mp4", "x" * 300 + ".mp4"):
        assert reid_track("a.mp4", *NO_MODEL, "--out", name) == 1
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        assert "File name too long" in told
    assert names_in(here) == {"a.mp4", "boxes.txt"}


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_parts_of_dead_processes_go_and_those_of_others_stay(tmp_path: Path, folder: bool) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    make = Path.mkdir if folder else Path.touch
    for process in (dead.pid, os.getppid()):
        make(tmp_path / f".t.{process}.part.json")
    with replacing(tmp_path / "t.json") as part:
        part.write_text("{}")
    assert names_in(tmp_path) == {"t.json", f".t.{os.getppid()}.part.json"}


def test_what_a_killed_process_left_blocks_no_index(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    from tracker.apps.search.index import PeopleIndex

    (tmp_path / "index").mkdir()
    (tmp_path / "index/.people.999999999.part.sqlite").touch()
    with PeopleIndex(tmp_path / "index", create=True) as index:
        assert len(index) == 0


def test_four_who_make_an_index_at_once_all_find_it(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    code = (
        "import sys; from pathlib import Path; from tracker.apps.search.index import PeopleIndex\n"
        "sys.stdin.readline()\n"
        "with PeopleIndex(Path(sys.argv[1]), create=True) as index: print(len(index))"
    )
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "i")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("\n")
        maker.stdin.flush()
    assert [maker.communicate(timeout=120)[0] for maker in makers] == ["0\n"] * 4


def test_what_was_written_of_a_broken_fragmented_video_plays(tmp_path: Path) -> None:
    from tracker.video.segments import Recording
    from tracker.video.writer import VideoForm

    kept: list[Path] = []
    form = VideoForm(10.0, (96, 64), in_fragments=True)
    recording = Recording(tmp_path / "v.mp4", form, segment_s=None, kept=kept.append)
    with suppress(ZeroDivisionError), recording:
        for number in range(60):
            recording.write(picture(number % 20), number / 10)
        raise ZeroDivisionError
    assert kept == [tmp_path / "v.mp4"]
    assert read_video(tmp_path / "v.mp4")[0] > 30
    with av.open(str(tmp_path / "v.mp4")) as video:
        assert video.streams.video
