"""Live sources: the newest frame, true times, counted drops, and back after an outage."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from tests.media import indices, logged, numbers, picture
from tests.streams import HttpCamera
from tracker.core.errors import SourceError
from tracker.core.types import Frame
from tracker.video.cameras import CameraSpec, open_camera
from tracker.video.live_source import LiveOptions
from tracker.video.newest_frame import Newest, Shot
from tracker.video.run_clock import RunClock, StreamTimes
from tracker.video.source import Sampling

END = SourceError("the stream ended")
ONCE = LiveOptions(reconnect_s=0)


def shot(index: int, *, counted: bool = True) -> Shot:
    return Shot(index, index / 10, picture(index), counted=counted)


def read_live(
    camera: HttpCamera, sampling: Sampling | None = None, *, slow_s: float = 0.0,
    options: LiveOptions | None = None, until: int | None = None,
) -> tuple[list[Frame], int, int]:  # fmt: skip
    """Read until the stream breaks for good, or picture `until` came: frames, drops, outages."""
    spec = CameraSpec("cam", camera.address, offset_s=0.0)
    frames: list[Frame] = []
    with closing(
        open_camera(spec, sampling or Sampling(), live=options or LiveOptions(reconnect_s=0))
    ) as source:
        given = source.frames()
        try:
            camera.go()
            for frame in given:
                frames.append(frame)
                if until is not None and numbers([frame]) == [until]:
                    break
                time.sleep(slow_s)
        except SourceError:
            pass
    return frames, source.info.dropped, source.info.outages


def test_the_newest_takes_the_place_of_what_nobody_took():
    newest = Newest()
    for index in range(4):
        newest.put(shot(index))

    assert newest.take().index == 3
    assert newest.dropped == 3
    assert not newest.waiting


def test_what_came_before_the_run_is_not_dropped():
    newest = Newest()
    for _ in range(3):
        newest.put(shot(0, counted=False))
    newest.put(shot(0))

    assert newest.dropped == 0
    assert newest.take().counted


def test_the_last_frame_is_given_before_the_end():
    newest = Newest()
    newest.put(shot(7))
    newest.end(END)

    assert newest.waiting
    assert newest.take().index == 7
    assert newest.waiting
    with pytest.raises(SourceError, match="the stream ended"):
        newest.take()


def test_who_waits_is_woken():
    newest = Newest()
    taken: list[Shot] = []
    waiting = threading.Thread(target=lambda: taken.append(newest.take()))
    waiting.start()
    newest.put(shot(2))
    waiting.join(10)

    assert [s.index for s in taken] == [2]


def test_times_follow_the_stamps_and_not_the_delays_of_the_network():
    times, random = StreamTimes(), np.random.default_rng(1)
    delays = random.uniform(0.05, 0.4, 200)
    told = [times.time_of(n / 25 + delay, n / 25) for n, delay in enumerate(delays)]

    settled = np.array(told[100:]) - np.arange(100, 200) / 25
    assert np.ptp(settled) < 0.02  # the delays differ by 0.35 s
    assert 0.0 < settled.mean() < 0.1  # late by about the least delay
    assert all(a < b for a, b in itertools.pairwise(told))


def test_times_follow_a_camera_whose_clock_runs_wrong():
    times, fast = StreamTimes(), 1.0005
    told = [times.time_of(n / 25, n / 25 * fast) for n in range(25 * 3600)]
    slow = StreamTimes()
    told_slow = [slow.time_of(n / 25, n / 25 / fast) for n in range(25 * 3600)]

    assert told[-1] == pytest.approx(3600, abs=0.1)
    assert told_slow[-1] == pytest.approx(3600, abs=0.1)


@pytest.mark.parametrize(
    "stamps",
    [
        pytest.param([0, 0.04, 0.08, 0, 0.04, 0.08], id="begun anew"),
        pytest.param([0] * 6, id="standing still"),
        pytest.param([0, 0.001, 0.002, 0.003, 0.004, 0.005], id="far too slow"),
        pytest.param([0, 900, 1800, 2700, 3600, 4500], id="far too fast"),
        pytest.param([None] * 6, id="none"),
    ],
)
def test_times_hold_on_to_the_arrival_where_stamps_are_useless(stamps):
    times = StreamTimes()
    told = [times.time_of(float(n), stamp) for n, stamp in enumerate(stamps)]

    assert all(n - StreamTimes.MOST_LATE_S <= t <= n + 1e-6 for n, t in enumerate(told))
    assert all(a < b for a, b in itertools.pairwise(told))


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, -0.5])
def test_a_jump_of_the_cameras_clock_is_noticed_once(jump_s):
    times = StreamTimes()
    jumps = []
    for n in range(100):
        times.time_of(n / 25, n / 25 + (jump_s if n >= 50 else 0.0))
        jumps += [times.jumped_s] if times.jumped_s else []

    assert jumps == [pytest.approx(jump_s, abs=0.1)]


def test_frames_that_were_held_up_are_no_jump():
    times = StreamTimes()
    for n in range(100):
        times.time_of(max(n / 25, 3.0), n / 25)
        assert not times.jumped_s


def test_the_clock_stands_until_it_is_begun_and_begins_once():
    clock = RunClock()
    assert (clock.running, clock.now_s()) == (False, 0.0)
    clock.begin()
    zero = clock.wall(0)
    time.sleep(0.002)
    clock.begin()

    assert clock.wall(0) == zero
    assert clock.now_s() > 0
    assert clock.wall(1.5) > zero
    assert zero.endswith("Z")
    assert len(zero) == len("2026-01-05T10:00:00.250Z")


def test_a_slow_reader_gets_new_frames_and_the_others_are_counted():
    with HttpCamera([picture(n) for n in range(20)], pause_s=0.01) as camera:
        frames, dropped, outages = read_live(camera, slow_s=0.05, until=19)

    assert numbers(frames)[-1] == 19
    assert dropped > 0
    assert dropped + len(frames) == frames[-1].index + 1
    assert indices(frames) == sorted(set(indices(frames)))
    assert all(a.time_s < b.time_s for a, b in itertools.pairwise(frames))
    assert outages == 0


def test_a_stride_counts_what_the_camera_sent():
    with HttpCamera([picture(n) for n in range(20)], pause_s=0.01) as camera:
        frames, _, _ = read_live(camera, Sampling(stride=3, max_frames=4))

    assert len(frames) == 4
    assert all(index % 3 == 0 for index in indices(frames))


def test_a_lost_stream_is_found_again_and_goes_on_counting():
    with HttpCamera(pause_s=0.02, breaks_after=10) as camera, logged() as lines:
        frames, dropped, outages = read_live(camera, options=LiveOptions(20), until=19)

    assert outages == 1
    assert dropped + len(frames) == frames[-1].index + 1
    assert all(a.time_s < b.time_s for a, b in itertools.pairwise(frames))
    assert [line for line in lines if "trying for 20 s to get it back" in line][1:] == []
    assert sum("is back" in line for line in lines) == 1


def test_a_stream_that_does_not_come_back_is_an_error_after_its_last_frame():
    camera = HttpCamera(pause_s=0.01)
    seen: list[Frame] = []

    def follow(frames: Iterator[Frame]) -> None:
        for frame in frames:
            seen.append(frame)
            if numbers([frame]) == [19]:
                camera.__exit__()

    with camera, logged() as lines:
        source = open_camera(CameraSpec("cam", camera.address), Sampling(), live=LiveOptions(1.0))
        with closing(source):
            given = source.frames()
            camera.go()
            with pytest.raises(SourceError, match="did not come back in 1 s"):
                follow(given)

    assert numbers(seen)[-1] == 19
    assert sum("trying for 1 s" in line for line in lines) == 1


def test_an_address_where_nobody_answers_is_refused_at_once_without_its_password():
    camera = CameraSpec("cam", "rtsp://me:secret@127.0.0.1:9/live")

    with pytest.raises(SourceError, match=r"camera 'cam' \(rtsp://127\.0\.0\.1:9/live\)"):
        open_camera(camera, Sampling())


def test_an_offset_moves_a_live_source_too():
    with HttpCamera() as camera:
        spec = CameraSpec("cam", camera.address, offset_s=100.0)
        with closing(open_camera(spec, Sampling(max_frames=2), live=ONCE)) as source:
            camera.go()
            frames = list(source.frames())

    assert source.info.offset_s == 100.0
    assert source.info.live
    assert all(100 <= frame.time_s < 200 for frame in frames)
