"""Pictures with boxes in YOLO's format: reading, parts, what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.boxed import pack, write_boxed
from tests.media import write_video
from tracker.core.errors import ConfigError, SourceError
from tracker.core.types import Detections, Frame
from tracker.datasets.person_boxes import (
    boxed_pictures,
    read_labels,
    to_pixels,
    to_shares,
    write_labels,
)
from tracker.datasets.pictures import read_picture
from tracker.training.detector_data import gather, gathered_before, pieces, with_teacher


class Sees:
    """A teacher that sees the same boxes everywhere."""

    def __init__(self, xyxy: list[list[float]], score: float = 0.9) -> None:
        self._xyxy = np.array(xyxy, np.float32).reshape(-1, 4)
        self._score = np.full(len(xyxy), score, np.float32)

    def detect(self, frame: Frame) -> Detections:
        return Detections(self._xyxy, self._score)


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_and_its_archive_tell_the_same(tmp_path: Path, packed: bool) -> None:
    folder = write_boxed(tmp_path / "data", 12, unlabelled=(4,))
    found = boxed_pictures(pack(folder) if packed else folder)
    assert [len(p.boxes) if p.boxes is not None else None for p in found[:6]] == [
        0,
        1,
        2,
        0,
        None,
        2,
    ]
    assert [p.part for p in found].count("val") == 1  # every tenth that has labels


def test_boxes_to_ignore_lie_beside_the_labels(tmp_path: Path) -> None:
    folder = write_boxed(tmp_path / "data", 12)
    assert all(p.ignored is None for p in boxed_pictures(folder))
    (folder / "labels_ignore").mkdir()
    (folder / "labels_ignore/002.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    found = boxed_pictures(pack(folder))
    assert [len(p.boxes) for p in found[1:3]] == [1, 2]
    assert [p.ignored.tolist() for p in found[1:3]] == [
        [],
        [pytest.approx([0.5, 0.5, 0.2, 0.4])],
    ]


def test_gathered_pictures_keep_the_boxes_to_ignore_and_get_no_others(tmp_path: Path) -> None:
    folder = write_boxed(tmp_path / "data", 12)
    (folder / "labels_ignore").mkdir()
    (folder / "labels_ignore/003.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    gathered = gather([str(folder)], tmp_path / "out", Sees([[1, 1, 20, 40]]))
    assert (gathered.people, gathered.added) == (12, 0)
    assert (tmp_path / "out/labels/0_000003.txt").read_text() == (
        "1 0.500000 0.500000 0.200000 0.400000\n"
    )


def test_webp_is_a_picture(tmp_path: Path) -> None:
    folder = write_boxed(tmp_path / "data", 2)
    image = cv2.imread(str(folder / "images/001.png"))
    assert cv2.imwrite(str(folder / "images/001.webp"), image)
    (folder / "images/001.png").unlink()
    found = boxed_pictures(folder)[1]
    assert len(found.boxes) == 1
    assert read_picture(found.picture).shape == image.shape


def test_lists_decide_the_parts_and_leave_out_the_rest(tmp_path: Path) -> None:
    folder = write_boxed(tmp_path / "data", 6)
    (folder / "train.txt").write_text("images/000.png\n./images/001.png\n")
    (folder / "val.txt").write_text("images/005.png\n")
    parts = {Path(p.picture.name).name: p.part for p in boxed_pictures(folder)}
    assert parts == {"000.png": "train", "001.png": "train", "005.png": "val"}


def test_folders_decide_the_parts_without_lists(tmp_path: Path) -> None:
    for part in ("train", "val"):
        write_boxed(tmp_path / part, 3)
        for kind in ("images", "labels"):
            (tmp_path / f"data/{kind}").mkdir(parents=True, exist_ok=True)
            (tmp_path / part / kind).rename(tmp_path / f"data/{kind}/{part}")
    found = boxed_pictures(tmp_path / "data")
    assert [p.part for p in found] == ["train"] * 3 + ["val"] * 3
    assert sum(len(p.boxes) for p in found if p.boxes is not None) == 6


def test_only_people_are_read() -> None:
    text = "0 0.5 0.5 0.2 0.4\n7 0.1 0.1 0.1 0.1\n\n"
    assert read_labels(text, "a.txt").tolist() == [pytest.approx([0.5, 0.5, 0.2, 0.4])]
    assert write_labels(read_labels(text, "a.txt")) == "0 0.500000 0.500000 0.200000 0.400000\n"


def test_shares_and_pixels_are_each_others_reverse() -> None:
    shares = np.array([[0.5, 0.25, 0.2, 0.4]], np.float32)
    assert to_pixels(shares, 100, 200).tolist() == [pytest.approx([40, 10, 60, 90])]
    assert to_shares(to_pixels(shares, 100, 200), 100, 200) == pytest.approx(shares)


@pytest.mark.parametrize("row", ["0 0.5 0.5 0.2", "0 0.5 0.5 0.2 1.4", "0 a b c d", "0 nan 0 0 0"])
def test_a_malformed_row_is_named(row: str) -> None:
    with pytest.raises(SourceError, match=r"a\.txt, line 2: .* is no box"):
        read_labels(f"0 0.5 0.5 0.1 0.1\n{row}\n", "a.txt")


def test_no_pictures_and_empty_lists_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no data set"):
        boxed_pictures(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="holds no pictures"):
        boxed_pictures(tmp_path)
    folder = write_boxed(tmp_path / "data", 2)
    (folder / "train.txt").write_text("images/999.png\n")
    with pytest.raises(SourceError, match="name none of its pictures"):
        boxed_pictures(folder)


def test_the_teacher_adds_whom_labels_miss() -> None:
    labels = np.array([[10, 10, 30, 60]], np.float32)
    seen = np.array([[11, 10, 30, 60], [10, 10, 30, 30], [60, 10, 80, 60]], np.float32)
    both = with_teacher(labels, seen)
    assert both.tolist() == [[10, 10, 30, 60], [60, 10, 80, 60]]


def test_large_pictures_give_pieces_at_their_own_scale() -> None:
    shapes = [
        p.shape[:2] for p in pieces(np.zeros((1080, 1920, 3), np.uint8), np.random.default_rng(1))
    ]
    assert shapes[0] == (1080, 1920)
    assert all(320 <= side < 560 for shape in shapes[1:] for side in shape)
    assert len(shapes) == 3


def test_gathering_copies_labels_and_leaves_the_source_alone(tmp_path: Path) -> None:
    folder = write_boxed(tmp_path / "data", 12, unlabelled=(4,))
    before = sorted(p.relative_to(folder) for p in folder.rglob("*"))
    found = gather([str(folder)], tmp_path / "out", None)
    assert (found.pictures, found.validating, found.unlabelled) == (10, 1, 1)
    assert sorted(p.relative_to(folder) for p in folder.rglob("*")) == before
    assert gathered_before(tmp_path / "out") == found
    assert gathered_before(tmp_path / "elsewhere") is None


def test_a_video_is_labelled_by_the_teacher(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 20)
    found = gather([f"{video}@2"], tmp_path / "out", Sees([[10, 10, 30, 60]]))
    assert (found.sources, found.by_teacher) == (["a.mp4@2"], 10)
    assert (found.pictures, found.validating, found.people) == (9, 1, 10)
    label = (tmp_path / "out/labels/0_000002_0.txt").read_text()
    assert label == "0 0.208333 0.546875 0.208333 0.781250\n"


def test_a_video_without_a_teacher_is_an_error(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 3)
    with pytest.raises(ConfigError, match=r"a\.mp4 is a video.*--teacher"):
        gather([str(video)], tmp_path / "out", None)


def test_only_unlabelled_pictures_are_an_error_without_a_teacher(tmp_path: Path) -> None:
    folder = write_boxed(tmp_path / "data", 2, unlabelled=(0, 1))
    with pytest.raises(SourceError, match="0 labelled pictures to learn from"):
        gather([str(folder)], tmp_path / "out", None)
