"""Data sets are listed as published, and wrong ones are told in one line."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from tests.people import portrait, write_market
from tracker.core.errors import ConfigError, SourceError
from tracker.datasets.benchmarks import layout_of, published_tests, training_pictures
from tracker.datasets.folders import list_pictures
from tracker.datasets.pictures import number, read_picture, split_people
from tracker.datasets.pixels import common_size, decode


def touch(path: Path, person: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(portrait(person, 0)).save(path)
    return path


def packed(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as tar:
        tar.add(folder, arcname=folder.name)
    return archive


def test_a_folder_and_its_archive_are_the_same(tmp_path: Path) -> None:
    folder = write_market(tmp_path / "set", people=3)
    archive = packed(folder, tmp_path / "set.tar")
    loose, inside = list_pictures(folder), list_pictures(archive)
    assert [(p.person, p.camera) for p in loose] == [(p.person, p.camera) for p in inside]
    for a, b in zip(loose, inside, strict=True):
        assert np.array_equal(read_picture(a), read_picture(b))


def test_junk_and_strangers_are_not_learned(tmp_path: Path) -> None:
    for name in ("-1_c1s1_000001_00", "0000_c1s1_000001_00", "0007_c3s1_000001_00"):
        touch(tmp_path / f"{name}.jpg")
    assert [(p.person, p.camera) for p in list_pictures(tmp_path)] == [("0007", "3")]


def test_plain_folders(tmp_path: Path) -> None:
    for name in ("ann/door_1", "ann/hall_1", "10/door_1", "9/door_x", "9/nocamera"):
        touch(tmp_path / f"{name}.png")
    people = number([list_pictures(tmp_path)])
    named = {p.person: int(i) for p, i in zip(people.pictures, people.person, strict=True)}
    assert named == {"9": 0, "10": 1, "ann": 2}
    assert people.camera.tolist() == [0, 0, 0, 1]


def test_names_of_nobody_in_market_are_somebody_in_plain_folders(tmp_path: Path) -> None:
    for name in ("0000/c1_0", "-1/c1_0", "0001/c1_0"):
        touch(tmp_path / f"{name}.png")
    assert [p.person for p in list_pictures(tmp_path)] == ["-1", "0000", "0001"]


def test_sources_share_no_people_and_no_cameras(tmp_path: Path) -> None:
    first = list_pictures(write_market(tmp_path / "a", people=3))
    second = list_pictures(write_market(tmp_path / "b", people=2))
    both = number([first, second])
    assert both.people == 5
    assert set(both.person[len(first) :]) == {3, 4}
    assert set(both.camera[len(first) :]) == {2, 3}


def test_people_kept_back_are_spread_and_always_the_same(tmp_path: Path) -> None:
    everyone = number([list_pictures(write_market(tmp_path, people=10, shots=1))])
    learned, kept_back = split_people(everyone, 3)
    assert sorted({p.person for p in kept_back.pictures}) == ["0001", "0004", "0007"]
    assert sorted(set(learned.person)) == list(range(7))
    assert len(learned) + len(kept_back) == len(everyone)
    with pytest.raises(SourceError, match="--val-ids 9"):
        split_people(everyone, 9)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda p: p / "nothing", "no data set at"),
        (lambda p: p, "no pictures of known people"),
        (lambda p: packed(write_market(p / "set", 1), p / "set.tar.gz"), "no uncompressed tar"),
    ],
)
def test_wrong_sources_are_told(make: object, told: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=told):
        list_pictures(make(tmp_path))


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "0001_c1s1_000001_00.jpg").write_bytes(b"no picture")
    (picture,) = list_pictures(tmp_path)
    with pytest.raises(SourceError, match="0001_c1s1_000001_00"):
        read_picture(picture)


def test_small_pictures_stay_small_and_mixed_ones_are_stretched(tmp_path: Path) -> None:
    pictures = list_pictures(write_market(tmp_path, people=2))
    assert common_size(pictures, (256, 128)) == (64, 32)
    assert common_size(pictures, (48, 32)) == (48, 32)
    assert decode(pictures[:2], (48, 16)).shape == (2, 48, 16, 3)


def market_layout(root: Path) -> None:
    for name in (
        "bounding_box_train/0002_c1s1_000001_00", "bounding_box_train/0002_c2s1_000001_00",
        "query/0005_c1s1_000001_00", "bounding_box_test/0005_c2s1_000001_00",
        "bounding_box_test/0000_c2s1_000001_00", "bounding_box_test/-1_c2s1_000001_00",
    ):  # fmt: skip
        touch(root / f"{name}.jpg")


@pytest.mark.parametrize("depth", ["", "Market-1501-v15.09.15"])
def test_market_and_duke(depth: str, tmp_path: Path) -> None:
    market_layout(tmp_path / depth)
    assert layout_of(tmp_path) == "market1501"
    assert {p.person for p in training_pictures(tmp_path)} == {"0002"}
    assert {p.person for p in training_pictures(tmp_path, everything=True)} == {"0002", "0005"}
    ((query, gallery),) = published_tests(tmp_path)
    assert [p.person for p in gallery.pictures] == ["0000", "0005"]
    assert query.person.tolist() == [1]
    assert gallery.person.tolist() == [0, 1]
    assert (query.camera.tolist(), gallery.camera.tolist()) == ([0], [1, 1])


@pytest.mark.parametrize(
    ("version", "train", "test"),
    [("MSMT17_V1", "train", "test"), ("MSMT17_V2", "mask_train_v2", "mask_test_v2")],
)
def test_msmt17(version: str, train: str, test: str, tmp_path: Path) -> None:
    root = tmp_path / version
    parts = {"train": (train, 0), "val": (train, 0), "query": (test, 0), "gallery": (test, 1)}
    for number_, (part, (folder, person)) in enumerate(parts.items()):
        name = f"{person:04d}/{person:04d}_00{number_}_0{number_ + 1}_0303morning_0015_0.jpg"
        touch(root / folder / name)
        (root / f"list_{part}.txt").write_text(f"{name} {person}\n\n")
    assert layout_of(tmp_path) == "msmt17"
    assert [(p.person, p.camera) for p in training_pictures(tmp_path)] == [("0", "01")]
    everyone = training_pictures(tmp_path, everything=True)
    assert [p.person for p in everyone] == ["0", "0", "t0", "t1"]
    ((query, gallery),) = published_tests(tmp_path)
    assert read_picture(query.pictures[0]).shape == read_picture(gallery.pictures[0]).shape
    (root / "list_train.txt").write_text("nonsense\n")
    with pytest.raises(SourceError, match="nonsense"):
        training_pictures(tmp_path)


def test_viper_pairs_up_and_splits(tmp_path: Path) -> None:
    for person in range(6):
        touch(tmp_path / "VIPeR" / "cam_a" / f"{person:03d}_45.bmp")
        touch(tmp_path / "VIPeR" / "cam_b" / f"{person:03d}_90.bmp")
    assert layout_of(tmp_path) == "viper"
    tests = published_tests(tmp_path)
    assert len(tests) == 20
    for query, gallery in tests:
        assert query.person.tolist() == gallery.person.tolist()
        assert len(query) == 3
    assert tests[0][0].pictures == tests[1][1].pictures
    learned = {p.person for p in training_pictures(tmp_path, split=4)}
    asked = {p.person for p in tests[4][0].pictures}
    assert not learned & asked
    with pytest.raises(ConfigError, match="0 to 19"):
        training_pictures(tmp_path, split=20)


def test_grid(tmp_path: Path) -> None:
    root = tmp_path / "underground_reid"
    for person in range(1, 5):
        touch(root / "probe" / f"{person:04d}_1_25004_107.jpeg")
        touch(root / "gallery" / f"{person:04d}_2_25023_116.jpeg")
    touch(root / "gallery" / "0000_3_1_1.jpeg")
    splits = np.empty((1, 10), object)
    for split in range(10):
        splits[0, split] = {"a": [0], "b": [0], "c": [1 + split % 2, 3 + split % 2]}
    savemat(root / "features_and_partitions.mat", {"trainIdxAll": splits})
    assert layout_of(tmp_path) == "grid"
    assert {p.person for p in training_pictures(tmp_path, split=1)} == {"0002", "0004"}
    tests = published_tests(tmp_path)
    assert len(tests) == 10
    query, gallery = tests[1]
    assert [p.person for p in query.pictures] == ["0001", "0003"]
    assert [p.person for p in gallery.pictures] == ["0000", "0001", "0003"]


def cuhk03_split(root: Path) -> list[str]:
    names = ["1_001_1_01.png", "1_001_2_06.png", "1_002_1_01.png", "1_002_2_06.png"]
    cells = np.empty((4, 1), object)
    cells[:, 0] = names
    savemat(
        root / "cuhk03_new_protocol_config_detected.mat",
        {
            "filelist": cells, "labels": [[1], [1], [2], [2]],
            "train_idx": [[1], [2]], "query_idx": [[3]], "gallery_idx": [[4]],
        },
    )  # fmt: skip
    return names


def test_cuhk03(tmp_path: Path) -> None:
    for name in cuhk03_split(tmp_path):
        touch(tmp_path / "images_detected" / name)
    assert layout_of(tmp_path) == "cuhk03"
    assert [(p.person, p.camera) for p in training_pictures(tmp_path)] == [("1", "1"), ("1", "2")]
    ((query, gallery),) = published_tests(tmp_path)
    assert query.pictures[0].name == "1_002_1_01.png"
    assert (query.camera.tolist(), gallery.camera.tolist()) == ([0], [1])


def test_cuhk03_unpacks_its_pictures(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py, which unpacks CUHK03, is not installed")
    cuhk03_split(tmp_path)
    (tmp_path / "cuhk03_release").mkdir()
    with h5py.File(tmp_path / "cuhk03_release" / "cuhk-03.mat", "w") as file:
        shots = file.create_dataset("shots", (10, 2), h5py.ref_dtype)
        for shot, person in ((0, 0), (5, 0), (0, 1), (5, 1)):
            picture = portrait(person + 1, shot)
            shots[shot, person] = file.create_dataset(f"p{shot}{person}", data=picture.T).ref
        nothing = file.create_dataset("nothing", data=np.zeros(2, np.uint64))
        for shot, person in np.argwhere(
            np.isin(np.arange(10), (0, 5), invert=True)[:, None] & [1, 1]
        ):
            shots[shot, person] = nothing.ref
        pairs = file.create_dataset("detected", (1, 1), h5py.ref_dtype)
        pairs[0, 0] = shots.ref
    ((query, _),) = published_tests(tmp_path)
    assert np.array_equal(read_picture(query.pictures[0]), portrait(2, 0))


def test_cuhk03_without_pictures_is_told(tmp_path: Path) -> None:
    cuhk03_split(tmp_path)
    with pytest.raises(SourceError, match="CUHK03 release"):
        training_pictures(tmp_path)
