"""Events, journal and segments: what a run writes while it goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import jsonschema
import numpy as np
import pytest
from msgspec import to_builtins

from tests.media import (
    names_in,
    picture,
    read_source,
    read_video,
    reid_track,
    write_boxes,
    write_pictures,
)
from tests.parts import look, visit
from tests.streams import HttpCamera, when_told
from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.failures import Failures
from tracker.core.types import CameraInfo, Link, Merge, TrackBox, Visit
from tracker.identity.online import OnlineIdentities
from tracker.results.events import event_writer
from tracker.results.events_file import Appeared, Event, Left, Merged, Moved
from tracker.results.journal import Journal, read_journal
from tracker.results.result import ModelUse, Result
from tracker.results.schemas import load_schema
from tracker.results.steady_lines import steady_lines
from tracker.runtime.online_people import OnlinePeople
from tracker.tracking.deepsort import DeepSort
from tracker.video.segments import Recording
from tracker.video.writer import FRAGMENT_S, VideoForm

EVENTS = [
    Appeared(1.25, None, "door", 3, 7, None),
    Left(4.0, None, "door", 3, 7, 1.25),
    Moved(9.5, None, "yard", 1, 7, 0.93, "door", 5.5),
    Merged(10.0, None, "yard", 1, 9, 0.71, 7),
]


def kind(event: Event) -> str:
    return type(event).__name__.lower()


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def all_valid(entries: list[dict], schema: str) -> list[dict]:
    for entry in entries:
        jsonschema.validate(entry, load_schema(schema))
    return entries


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("live", [False, True], ids=["recording", "live"])
def test_every_event_fits_the_schema(event: Event, live: bool, tmp_path: Path):
    wall = (lambda _: "2026-01-05T10:00:00.250Z") if live else None
    path = tmp_path / "events.jsonl"
    with event_writer(str(path), wall, Failures()) as write:
        write(event)
    [entry] = all_valid([json.loads(line) for line in path.read_text().splitlines()], "events")
    assert (entry["event"], entry["global_id"]) == (kind(event), event.global_id)
    assert (entry["clock"] is None) is not live


def test_the_schema_refuses_an_event_with_the_parts_of_another():
    entry = to_builtins(EVENTS[0]) | {"into": 3}
    with pytest.raises(jsonschema.ValidationError):
        all_valid([entry], "events")
    entry = to_builtins(EVENTS[2])
    del entry["from"]
    with pytest.raises(jsonschema.ValidationError):
        all_valid([entry], "events")


class FakeTracker(DeepSort):
    """A fake associator that shows what a test puts there."""

    def __init__(self) -> None:
        super().__init__("fake", TrackerConfig())
        self.going: list[Visit] = []
        self.over: list[Visit] = []

    @property
    def ended_count(self) -> int:
        return len(self.over)

    def ended(self, since: int = 0) -> list[Visit]:
        return self.over[since:]

    def current(self) -> list[Visit]:
        return self.going


class FakeCamera:
    """A fake camera; `see` and `lose` are its frames."""

    def __init__(self, name: str, people: OnlinePeople) -> None:
        self.info = CameraInfo(name, name, 640, 480, 10.0, None)
        self.tracker = FakeTracker()
        self.people = people

    def see(self, time_s: float, seen: Visit) -> None:
        self.tracker.going = [seen]
        boxes = [TrackBox(seen.track_id, seen.xyxy[-1], 0.9)]
        self.people.update(self, time_s, boxes)

    def lose(self, time_s: float, ended: Visit) -> None:
        self.tracker.going = []
        self.tracker.over.append(ended)
        self.people.update(self, time_s, [])


def test_a_person_appears_leaves_and_moves():
    told: list[Event] = []
    people = OnlinePeople(LinkConfig(), tell=told.append)
    door, yard = FakeCamera("door", people), FakeCamera("yard", people)

    door.see(0.3, visit("door", 1, (0, 0.3), person=1))
    door.lose(5.0, visit("door", 1, (0, 3), person=1))
    yard.see(7.4, visit("yard", 1, (7, 7.4), person=1))
    yard.see(8.4, visit("yard", 1, (7, 8.4), person=1))

    assert [(kind(e), e.camera, e.global_id) for e in told] == [
        ("appeared", "door", 1), ("left", "door", 1), ("appeared", "yard", 1), ("moved", "yard", 1),
    ]  # fmt: skip
    left, moved = told[1], told[3]
    assert (left.time_s, left.enter_s) == (3.0, 0.0)
    assert (moved.time_s, moved.from_camera, moved.travel_s) == (7.0, "door", 4.0)
    assert told[0].probability is None
    assert moved.probability == told[2].probability
    assert moved.probability > 0.5


def test_travel_is_counted_from_where_the_person_was_last_seen_though_the_visit_may_go_on():
    told: list[Event] = []
    people = OnlinePeople(LinkConfig(), tell=told.append)
    door, yard = FakeCamera("door", people), FakeCamera("yard", people)

    door.see(3.0, visit("door", 1, (0, 3), person=1))
    yard.see(4.4, visit("yard", 1, (4, 4.4), person=1))

    assert (kind(told[-1]), told[-1].travel_s) == ("moved", 1.0)


def test_who_proves_to_be_somebody_known_is_merged_and_then_has_moved():
    told: list[Event] = []
    people = OnlinePeople(LinkConfig(), tell=told.append)
    door, yard = FakeCamera("door", people), FakeCamera("yard", people)
    unclear = visit("yard", 1, (7, 7.4), person=1)
    unclear.embeddings[:] = (look(1) + 2 * look(2)) / np.sqrt(5)

    door.see(0.3, visit("door", 1, (0, 0.3), person=1))
    door.lose(5.0, visit("door", 1, (0, 3), person=1))
    yard.see(7.4, unclear)
    yard.see(8.4, visit("yard", 1, (7, 8.4), person=1))
    door.tracker.going = []
    people.update(door, 8.4, [])  # a look waits for all cameras

    assert [(kind(e), e.global_id) for e in told[2:]] == [
        ("appeared", 2),
        ("merged", 2),
        ("moved", 1),
    ]
    assert told[3].into == 1
    assert told[3].time_s == 8.4


def test_events_of_a_recording_are_written_one_a_line(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "a", [f"{n}.png" for n in range(25)])
    write_boxes(tmp_path / "boxes.txt", 10)
    words = ("a", "--detections", "boxes.txt", "--reid", "none", "--fps", 10, "--online")

    code = reid_track(*words, "--max-age", 0.5, "--events", "-", "-q")

    told = all_valid([json.loads(x) for x in capsys.readouterr().out.splitlines()], "events")
    assert code == 0
    assert sorted((e["event"], e["track_id"]) for e in told) == [
        ("appeared", 1), ("appeared", 2), ("left", 1), ("left", 2),
    ]  # fmt: skip
    assert {e["clock"] for e in told} == {None}
    assert {e["time_s"] for e in told if e["event"] == "left"} == {0.9}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--events", "e.jsonl"], "--events needs ids", id="events offline"),
        pytest.param(["--serve"], "--serve needs ids", id="page offline"),
        pytest.param(["--segment", 5, "--out", "v"], "--segment needs ids", id="segments offline"),
        pytest.param(["--segment", 5, "--online"], "add --out", id="segments of no video"),
        pytest.param(
            ["--events", "-", "--summary", "json", "--online"],
            "both want stdout",
            id="stdout twice",
        ),
        pytest.param(["--events", "old", "--online"], "'old' exists", id="an existing file"),
        pytest.param(
            ["--segment", 5, "--online", "--out", "v"], "'v/a-0001.mp4' exists", id="old segments"
        ),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, monkeypatch, capsys, options, told):
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "a", ["0.png"])
    Path("v").mkdir()
    for name in ("old", "v/a-0001.mp4"):
        Path(name).write_text("", encoding="utf-8")

    assert reid_track("a", *options) == 1
    assert told in capsys.readouterr().err


def test_a_reader_of_events_that_goes_away_ends_no_run(tmp_path: Path):
    write_pictures(tmp_path / "a", [f"{n}.png" for n in range(25)])
    write_boxes(tmp_path / "boxes.txt", 10)
    words = "a --detections boxes.txt --reid none --online --max-age 0.2 --events -"
    reading, writing = os.pipe()
    os.close(reading)

    run = subprocess.run(
        [sys.executable, "-m", "tracker", *words.split()],
        cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)

    assert run.returncode == 0, run.stderr
    assert run.stderr.count("no more events to stdout") == 1
    assert len(json.loads((tmp_path / "a.tracks.json").read_text(encoding="utf-8"))["tracks"]) == 2


def test_a_journal_gives_back_what_was_written(tmp_path: Path):
    first, second = visit("a", 1, (0, 3), None), visit("b", 1, (5, 8), None)
    link = Link(first.key, second.key, 0.9, 0.8, 2.0, 5.0, None, ("a", 9), 0.1)
    cameras = [CameraInfo(name, "none", 640, 480, 10.0, None) for name in "ab"]
    with steady_lines(tmp_path / "j", Failures()) as lines:
        run = Result(cameras, ModelUse("boxes", None), None, [])
        journal = Journal(lines, run, "2026-01-05T10:00:00.250Z")
        journal.visit(first.rows(np.arange(10)), 1)
        journal.visit(second, 2)
        journal.visit(first.rows(np.arange(10, len(first.frame))), 1)
        journal.link(link)
        journal.merge(Merge(8.0, 2, 1))
    with (tmp_path / "j").open("a", encoding="utf-8") as out:
        out.write('{"type": "tra')  # the power went off

    content = read_journal(tmp_path / "j")
    found = content.people

    assert content.bad == 1
    assert [c.name for c in content.start.cameras] == ["a", "b"]
    assert [(p.global_id, [t.key for t in p.visits]) for p in found.identities] == [
        (1, [("a", 1), ("b", 1)])
    ]
    back = found.identities[0].visits[0]
    for name in ("frame", "time_s", "xyxy", "observed"):
        assert np.array_equal(getattr(back, name), getattr(first, name))
    assert found.links == [link]
    assert found.merges == [Merge(8.0, 2, 1)]
    written = (tmp_path / "j").read_text(encoding="utf-8").splitlines()[:-1]
    all_valid([json.loads(line) for line in written], "journal")


def test_of_each_person_the_latest_visits_are_at_hand_and_the_looks_are_remembered():
    online = OnlineIdentities(LinkConfig())
    for number in range(40):
        at = visit("a", number + 1, (10 * number, 10 * number + 3), person=number % 4)
        online.introduce(at)
        online.conclude(at)
        online.forget_oldest(each=5, most=15)
    assert online.count == 4
    assert online.person_of("a", 1) is None

    last = visit("a", 100, (500, 503), person=1)
    assert online.introduce(last) == online.person_of("a", 38)
    online.forget_oldest(each=5, most=2)  # of two people nothing is at hand
    back = visit("a", 101, (6000, 6003), person=2)
    assert (online.introduce(back), online.count) == (3, 4)


def times_of(path: Path) -> list[float]:
    """When the pictures of a video are shown."""
    with av.open(str(path)) as video:
        return [frame.time for frame in video.decode(video=0)]


@pytest.mark.parametrize("segment_s", [None, 1.0], ids=["whole", "segments"])
def test_a_recording_keeps_the_time_though_frames_are_missing(tmp_path: Path, segment_s):
    kept: list[Path] = []
    path, form = tmp_path / "a.mp4", VideoForm(10.0, (96, 64), in_fragments=True)
    tenths = [0, 1, 5, 6, 9, 12, 15, 29]
    with Recording(path, form, segment_s=segment_s, kept=kept.append) as recording:
        for tenth in tenths:
            recording.write(picture(tenth % 20), tenth / 10)

    parts = [tenths] if segment_s is None else [[0, 1, 5, 6, 9], [12, 15], [29]]
    told = [times_of(file) for file in kept]
    assert told == [pytest.approx([(t - part[0]) / 10 for t in part]) for part in parts]
    names = ["a.mp4"] if segment_s is None else ["a-0001.mp4", "a-0002.mp4", "a-0003.mp4"]
    assert [file.name for file in kept] == names
    assert names_in(tmp_path) == set(names)


@pytest.mark.parametrize(("segment_s", "lengths"), [(None, [10]), (60.0, [5, 5])])
def test_an_outage_begins_a_segment_and_a_whole_video_keeps_the_time(tmp_path, segment_s, lengths):
    kept: list[Path] = []
    path, form = tmp_path / "a.mp4", VideoForm(10.0, (96, 64), in_fragments=True)
    with Recording(path, form, segment_s=segment_s, kept=kept.append) as recording:
        for tenth in [*range(5), *range(500, 505)]:
            recording.write(picture(tenth % 20), tenth / 10)

    told = [times_of(file) for file in kept]
    assert [len(times) for times in told] == lengths
    assert told[-1][-1] == pytest.approx(50.4 if segment_s is None else 0.4)


def test_what_a_killed_run_has_recorded_can_be_played(tmp_path: Path):
    code = (
        "import os, numpy as np\n"
        "from pathlib import Path\n"
        "from tracker.video.segments import Recording\n"
        "from tracker.video.writer import VideoForm\n"
        "form = VideoForm(25.0, (320, 240), in_fragments=True)\n"
        "noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)\n"
        "recording = Recording(Path('a.mp4'), form, segment_s=None, kept=print)\n"
        "for n in range(250):\n"
        "    recording.write(np.roll(noise, n, axis=1), n / 25)\n"
        "recording._sink._waiting[-1].result()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)

    assert killed.returncode == -9
    assert read_source(tmp_path / "a.mp4")[-1].time_s > 10 - 2 * FRAGMENT_S


def test_a_live_run_writes_segments_events_and_a_journal_while_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    write_boxes(tmp_path / "boxes.txt", 30)  # then everybody has left
    meanwhile: dict[str, object] = {}

    with HttpCamera(pause_s=0.02) as camera:

        def look_and_end() -> None:
            first, next_ = (tmp_path / f"new/cam-000{n}.mp4" for n in (1, 2))
            while not next_.exists():
                pass
            meanwhile["frames"] = read_video(first)[0]
            meanwhile["events"] = lines_of(tmp_path / "e.jsonl")
            meanwhile["journal"] = lines_of(tmp_path / "new/tracks.journal.jsonl")
            camera.hang_up()

        with when_told(tmp_path / "e.jsonl", "left", look_and_end):
            code = reid_track(
                *("--cams", f"cam={camera.address}", "--detections", "boxes.txt", "--reid", "none"),
                *("--out", "new", "--segment", 1, "--events", "e.jsonl", "--max-age", 0.2),
                *("--reconnect", 0, "-q"),
            )

    assert code == 1  # the camera is gone
    assert meanwhile["frames"] > 10
    told = all_valid(meanwhile["events"], "events")
    assert {e["event"] for e in told} == {"appeared", "left"}
    assert all(e["clock"].endswith("Z") for e in told)
    kept = all_valid(meanwhile["journal"], "journal")
    assert [line["type"] for line in kept][:2] == ["journal", "track"]
    result = json.loads((tmp_path / "new/tracks.json").read_text(encoding="utf-8"))
    jsonschema.validate(result, load_schema())
    assert len(result["tracks"]) == len(result["identities"]) == 2
    assert result["cameras"][0]["outages"] == 0
    assert "cam.mp4" not in names_in(tmp_path / "new")
