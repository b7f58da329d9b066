"""The manifest, and where models are looked for."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.media import reid_track, write_video
from tracker.core.errors import ConfigError, WeightsError
from tracker.models.locate import (
    LocatedModel,
    find_model,
    installed_file,
    sha256_of,
    user_cache,
    verified,
    weights_folders,
)
from tracker.models.registry import (
    Detecting,
    ModelCard,
    card,
    manifest,
    packaged_weights,
    recommended,
)

CARDS = list(manifest().values())
YOLO = card("yolo11n")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder; the other folders come from the shared fixture."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("model", CARDS, ids=lambda c: c.name)
def test_a_card_is_complete(model: ModelCard):
    assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)
    packaged = packaged_weights() / model.file
    assert model.url.startswith("https://") or sha256_of(packaged) == model.sha256
    assert model.task in ("detect", "reid")
    assert model.bytes is None or model.bytes > 0
    assert Path(model.file).name == model.file
    assert all((model.name, model.licence, model.source, model.trained_on, model.architecture))


@pytest.mark.parametrize("field", ["name", "file", "sha256", "url"])
def test_no_two_cards_share_a_field(field):
    values = [value for model in CARDS if (value := getattr(model, field))]

    assert len(set(values)) == len(values)


def test_the_manifest_file_has_no_name_twice():
    entries = json.loads((packaged_weights() / "manifest.json").read_text())["models"]

    assert [entry["name"] for entry in entries] == [model.name for model in CARDS]


@pytest.mark.parametrize("task", ["detect", "reid"])
def test_auto_prefers_one_model_at_each_rank(task):
    ranks = [model.rank for model in CARDS if model.task == task and model.rank > 0]

    assert ranks
    assert len(set(ranks)) == len(ranks)


def test_a_card_is_known_by_its_name_and_by_its_file():
    assert card(YOLO.name) is card(YOLO.file, "detect") is YOLO


@pytest.mark.parametrize(
    ("wanted", "task", "words"),
    [
        pytest.param("yolo11", "detect", "Did you mean 'yolo11", id="typo"),
        pytest.param("osnet_x025", "reid", "Did you mean 'osnet", id="typo in a ReID name"),
        pytest.param("yolo11n", "reid", "no model is called 'yolo11n'", id="of the other task"),
        pytest.param("qqqq", "detect", "Known are: .*yolo11n", id="nothing near"),
    ],
)
def test_an_unknown_name_is_an_error_that_helps(wanted, task, words):
    with pytest.raises(ConfigError, match=words):
        find_model(wanted, task)


def test_folders_are_searched_in_the_documented_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REID_TRACK_WEIGHTS", "/models")

    assert weights_folders() == [Path("/models"), Path("weights"), packaged_weights(), user_cache()]


def test_without_the_variable_no_folder_comes_from_it():
    assert weights_folders()[0] == Path("weights")


def test_the_user_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/scratch")

    assert user_cache() == Path("/scratch/reid-track/weights")


def test_the_first_folder_with_the_file_wins(here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REID_TRACK_WEIGHTS", str(here / "named"))

    for folder in (user_cache(), Path("weights"), here / "named"):  # last to first
        folder.mkdir(parents=True, exist_ok=True)
        (folder / YOLO.file).write_bytes(b"weights")
        assert installed_file(YOLO) == folder / YOLO.file


def test_a_folder_of_that_name_is_not_the_file(here: Path):
    (here / "weights" / YOLO.file).mkdir(parents=True)

    assert installed_file(YOLO) is None


def test_an_openvino_model_is_a_folder(here: Path):
    model = replace(YOLO, file="mine_openvino_model", sha256="", detecting=Detecting(512))
    assert installed_file(model) is None
    (here / "weights").mkdir()
    (here / "weights" / model.file).touch()
    assert installed_file(model) is None
    (here / "weights" / model.file).unlink()

    folder = _folder(here / "weights" / model.file, {"mine.xml": b"net", "mine.bin": b"weights"})

    assert installed_file(model) == Path("weights") / model.file
    assert verified(replace(model, sha256=sha256_of(folder)), folder).detecting.imgsz == 512


def test_an_explicit_path_comes_before_any_name(here: Path):
    (here / YOLO.file).write_bytes(b"my own training")

    found = find_model(YOLO.file, "detect")

    assert isinstance(found, LocatedModel)
    assert found.path == here / YOLO.file
    assert found.sha256 == hashlib.sha256(b"my own training").hexdigest()


def test_a_name_that_is_not_installed_gives_its_card():
    assert find_model(YOLO.name, "detect") is find_model(YOLO.file, "detect") is YOLO


@pytest.mark.parametrize("wanted", ["yolo11n", "yolo11n.pt", "auto"])
def test_an_altered_file_is_an_error_that_says_how_to_mend_it(here: Path, wanted):
    (here / "weights").mkdir()
    (here / "weights" / YOLO.file).write_bytes(b"altered")

    with pytest.raises(WeightsError) as error:
        find_model(wanted, "detect")

    altered = hashlib.sha256(b"altered").hexdigest()
    for word in (f"weights/{YOLO.file}", YOLO.sha256, altered, "weights fetch yolo11n"):
        assert word in str(error.value)


@pytest.mark.parametrize("machine", ["cpu", "gpu"])
def test_a_detector_and_a_reid_model_are_recommended_for_each_machine(machine: str) -> None:
    found = recommended(machine)
    assert [c.task for c in found] == ["detect", "reid"]
    assert all(c.url for c in found)


def test_what_is_recommended_is_fetched_by_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fake_fetch(model: ModelCard, folder: Path | None, _report: object) -> LocatedModel:
        asked.append(model.name)
        return LocatedModel(model.name, Path(model.file), model.sha256)

    monkeypatch.setattr("tracker.cli.weights.fetch", fake_fetch)
    monkeypatch.setattr("tracker.models.device.resolve_device", lambda *_, **__: "cpu")
    assert reid_track("weights", "fetch", "recommended") == 0
    assert asked == ["yolo11n", "osnet_x0_25_msmt17"]


def test_better_models_are_told_of_where_auto_found_none(here: Path, capsys) -> None:
    write_video(here / "a.mp4", 2)
    assert reid_track("a.mp4", "--reid", "none", "--json", "a.json") == 0
    told = "person_yolo11n came with the package; for better ones: reid-track weights fetch"
    assert told in capsys.readouterr().err
    words = ("--detector", "person_yolo11n", "--reid", "none", "--json", "b.json")
    assert reid_track("a.mp4", *words) == 0
    assert "weights fetch" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("detect", r"--detector auto.*weights fetch yolo11n.*--detector"),
        ("reid", r"--reid auto.*weights fetch osnet.*--reid none"),
    ],
)
def test_auto_with_nothing_installed_says_what_to_do(task, words):
    if any(installed_file(c) for c in CARDS if c.task == task and c.rank > 0):
        pytest.skip("this package comes with a model for it")

    with pytest.raises(WeightsError, match=words) as error:
        find_model("auto", task)

    assert str(user_cache()) in str(error.value)


def test_a_published_model_is_used_by_its_path_as_by_its_name():
    named = find_model("person_yolo11n", "detect")
    by_path = find_model(str(packaged_weights() / named.path.name), "detect")

    assert by_path.detecting == named.detecting
    assert by_path.detecting.conf is not None
    assert by_path.sha256 == named.sha256


@pytest.mark.parametrize("wanted", ["models/mine.pt", "mine.pth", "mine.onnx", "x_openvino_model"])
def test_a_path_without_a_file_is_an_error(wanted):
    with pytest.raises(WeightsError, match=f"no model file at '{wanted}'"):
        find_model(wanted, "detect")


def test_a_mistyped_path_is_answered_with_the_nearest_file(here: Path):
    (here / "people.pt").touch()

    with pytest.raises(WeightsError, match=r"Did you mean 'people\.pt'"):
        find_model("peple.pt", "detect")


def test_a_folder_without_a_model_is_an_error(here: Path):
    (here / "empty_openvino_model").mkdir()

    with pytest.raises(ConfigError, match=r"empty_openvino_model.*\.xml"):
        find_model("empty_openvino_model", "detect")


def test_the_hash_of_a_file_is_that_of_sha256sum(here: Path):
    (here / "a").write_bytes(b"x" * 3_000_000)

    assert sha256_of(here / "a") == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_the_hash_of_a_folder_tells_of_names_and_contents_only(here: Path):
    files = {"m.xml": b"net", "m.bin": b"weights", "sub/n.yaml": b"names"}
    one = _folder(here / "one", files)

    assert sha256_of(one) == sha256_of(_folder(here / "two", dict(reversed(files.items()))))
    assert sha256_of(one) != sha256_of(_folder(here / "three", {**files, "m.bin": b"other"}))
    assert sha256_of(one) != sha256_of(_folder(here / "four", {**files, "extra": b""}))
    renamed = {"m.xml": b"net", "o.bin": b"weights", "sub/n.yaml": b"names"}
    assert sha256_of(one) != sha256_of(_folder(here / "five", renamed))


def test_the_hash_of_a_folder_tells_where_a_file_ends(here: Path):
    one = _folder(here / "one", {"a": b"1b2", "c": b"3"})
    two = _folder(here / "two", {"a": b"1", "b": b"2c3"})

    assert sha256_of(one) != sha256_of(two)


def test_weights_list_names_every_model(capsys):
    assert reid_track("weights", "list") == 0

    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == [model.name for model in CARDS]


def test_weights_verify_tells_of_an_altered_file(here: Path, capsys):
    (here / "weights").mkdir()
    (here / "weights" / YOLO.file).write_bytes(b"altered")

    assert reid_track("weights", "verify") == 1

    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    assert YOLO.sha256 in printed.err


def test_weights_path_says_where_a_model_is(here: Path, capsys):
    (here / "weights").mkdir()
    (here / "weights" / YOLO.file).touch()

    assert reid_track("weights", "path", "yolo11n") == 0
    assert capsys.readouterr().out == f"weights/{YOLO.file}\n"
    assert reid_track("weights", "path", "yolo11s") == 1
    assert "weights fetch yolo11s" in capsys.readouterr().err


def _folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path
