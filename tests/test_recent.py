"""The last minutes of videos that are still being written, as one file."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.media import SIZE, number_of, picture
from tracker.video.recent import cut_out_recent
from tracker.video.segments import Recording, segments_of
from tracker.video.writer import VideoForm

FPS = 5.0
BEGINS_S = 100.0
FORM = VideoForm(FPS, SIZE, in_fragments=True)


def record(recording: Recording, frames: range) -> None:
    for number in frames:
        recording.write(picture(number % 25), BEGINS_S + number / FPS)


def seen_in(path: Path) -> list[tuple[float, int]]:
    """Time and number of each picture."""
    with av.open(str(path)) as video:
        return [
            (frame.time or 0.0, number_of(frame.to_ndarray(format="bgr24")))
            for frame in video.decode(video=0)
        ]


@pytest.mark.parametrize("segment_s", [None, 7.0], ids=["one video", "segments"])
def test_the_last_seconds_play_while_more_is_written(tmp_path: Path, segment_s: float | None):
    video, out = tmp_path / "cam.mp4", tmp_path / "excerpt.mp4"
    with Recording(video, FORM, segment_s=segment_s, kept=lambda _: None) as recording:
        record(recording, range(101))  # 20 s
        made = cut_out_recent(segments_of(video) or [video], 8.0, out)
        begun = seen_in(out)
        record(recording, range(101, 111))

    assert made is not None
    first = round((made.begins_s - BEGINS_S) * FPS)
    numbers = [(first + n) % 25 for n in range(len(begun))]
    assert [number for _, number in begun] == numbers
    assert [time for time, _ in begun] == pytest.approx(
        [n / FPS for n in range(len(begun))], abs=1e-3
    )
    assert made.length_s == pytest.approx(len(begun) / FPS, abs=1e-3)
    assert 6.0 <= made.length_s <= 10.0
    assert made.begins_s + made.length_s >= BEGINS_S + 20 - 4


def test_there_is_nothing_before_the_first_fragment(tmp_path: Path):
    video = tmp_path / "cam.mp4"
    video.write_bytes(b"\0\0\0\x18ftypiso5")  # as far as it came

    assert cut_out_recent([video], 8.0, tmp_path / "excerpt.mp4") is None


def test_fragments_are_short_where_pictures_are_rare(tmp_path: Path):
    """So that a killed run lacks two seconds at most, whatever the machine keeps up with."""
    video = tmp_path / "cam.mp4"
    form = VideoForm(25.0, SIZE, in_fragments=True)
    with Recording(video, form, segment_s=None, kept=lambda _: None) as recording:
        for number in range(20):
            recording.write(picture(number), float(number))

    with av.open(str(video)) as read:
        keys = [float(p.pts * p.time_base) for p in read.demux(video=0) if p.is_keyframe]
    assert max(later - before for before, later in pairwise(keys)) <= 2.0
