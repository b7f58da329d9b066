"""Write a YOLO as ONNX or OpenVINO, in 32-bit floats or 8-bit integers, and check what it says."""

import contextlib
import json
import logging
import shutil
import sys
import tempfile
import warnings
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray

from tracker.core.atomic import replacing
from tracker.core.errors import ConfigError, OutputError, WeightsError
from tracker.core.extras import require
from tracker.datasets.person_boxes import NO_BOXES, TRAIN, boxed_pictures, write_labels
from tracker.datasets.pictures import read_bytes
from tracker.detection.detector import USUAL_SIZE
from tracker.detection.yolo import quiet_ultralytics
from tracker.models.locate import LocatedModel, sha256_of

TARGETS = {"onnx": ".onnx", "openvino": "_openvino_model"}  # and how their names must end
NEEDED = {"onnx": ("onnx",), "openvino": ()}
CALIBRATION_PICTURES = 300
LARGEST_SCORE_DIFFERENCE = 0.02  # of 32-bit exports; OpenVINO runs them in bfloat16 where it can
LARGEST_BOX_DIFFERENCE = 2.0  # pixels, likewise
LEAST_SCORE = 0.1  # of the places where boxes are compared
_Outputs = NDArray[np.float32]


def export_detector(
    model: LocatedModel, target: str, path: Path, calibration: Path | None, imgsz: int | None
) -> tuple[float, float]:
    """Write a checkpoint in another format, with a card beside it.

    It takes pictures of any size later; 8-bit integers are fitted to the one given here.

    Args:
        model: An Ultralytics checkpoint.
        target: ``onnx`` or ``openvino``.
        path: The file, or for OpenVINO the folder, to write.
        calibration: Pictures in YOLO's format for 8-bit integers; None keeps 32-bit floats.
        imgsz: Side of the input in pixels; None is the model's own.

    Returns:
        Largest absolute difference of a score from PyTorch's, and of a box side in pixels where
        either finds a person.

    Raises:
        ConfigError: An unknown format, a name that does not fit it, or a missing library.
        WeightsError: The checkpoint is unusable.
        SourceError: The pictures cannot be read.
        OutputError: It cannot be written, or says something else than PyTorch.
    """
    _check(model, target, path, int8=calibration is not None)
    side = imgsz or model.detecting.imgsz or USUAL_SIZE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = folder / f"{path.name.removesuffix(TARGETS[target])}.pt"
        shutil.copyfile(model.path, checkpoint)
        options: dict[str, Any] = {"format": target, "imgsz": side, "dynamic": True, "batch": 1}
        options |= {"simplify": False} if target == "onnx" else {}
        if calibration is not None:
            options |= {"quantize": 8, "data": _calibration(calibration, folder / "pictures")}
        written = _export(checkpoint, options)
        score, box = _difference(checkpoint, written, side)
        bounded = calibration is None
        if bounded and not (score <= LARGEST_SCORE_DIFFERENCE and box <= LARGEST_BOX_DIFFERENCE):
            raise OutputError(
                f"the export differs from PyTorch by {score:.2g} in scores and {box:.2g} pixels; "
                "it was not kept, and please report this"
            )
        _put(written, path)
    _write_card(model, path, side, int8=calibration is not None)
    return score, box


def _check(model: LocatedModel, target: str, path: Path, *, int8: bool) -> None:
    if target not in TARGETS:
        raise ConfigError(f"--to is '{target}'; allowed are: {', '.join(TARGETS)}")
    if model.path.suffix != ".pt":
        raise ConfigError(f"{model.path} is no checkpoint; give the .pt that it was made from")
    if not path.name.endswith(TARGETS[target]) or path.name == TARGETS[target]:
        raise ConfigError(f"--out '{path}' must be called NAME{TARGETS[target]}")
    needed = (*NEEDED[target], *(("nncf",) if int8 and target == "openvino" else ()))
    require(*needed)


def _calibration(source: Path, folder: Path) -> str:
    """Copy pictures, evenly spread over a source, to where Ultralytics reads them."""
    found = [p for p in boxed_pictures(source) if p.part == TRAIN] or boxed_pictures(source)
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for number, each in enumerate(found[:: max(len(found) // CALIBRATION_PICTURES, 1)]):
        ending = PurePosixPath(each.picture.name).suffix
        (folder / f"images/{number}{ending}").write_bytes(read_bytes(each.picture))
        labels = NO_BOXES if each.boxes is None else each.boxes
        (folder / f"labels/{number}.txt").write_text(write_labels(labels), encoding="utf-8")
    content = {"path": str(folder), "train": "images", "val": "images", "names": {0: "person"}}
    (folder / "data.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(folder / "data.yaml")


def _export(checkpoint: Path, options: dict[str, Any]) -> Path:
    yolo = quiet_ultralytics()
    threads = torch.get_num_threads()
    logging.getLogger("nncf").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")  # the exporters announce their successors
            loaded = yolo(str(checkpoint), task="detect")
            loaded.model.args["data"] = ""  # a path of this machine, which the model would keep
            written = Path(loaded.export(**options, device="cpu", verbose=False))
        _forget_paths(written)
        return written
    except Exception as error:  # whatever Ultralytics and the exporters raise
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise WeightsError(f"cannot export {checkpoint.name}: {first_line}") from error
    finally:
        torch.set_num_threads(threads)


def _forget_paths(written: Path) -> None:
    """Take the calibration's folder out of what an OpenVINO model says of itself."""
    metadata = written / "metadata.yaml"
    if metadata.is_file():
        content = yaml.safe_load(metadata.read_text(encoding="utf-8"))
        content["args"].pop("data", None)
        metadata.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _difference(checkpoint: Path, written: Path, side: int) -> tuple[float, float]:
    """Compare scores and boxes on a picture with people that Ultralytics brings."""
    expected, found = (_outputs(path, side) for path in (checkpoint, written))
    seen = np.maximum(expected[4:].max(axis=0), found[4:].max(axis=0)) >= LEAST_SCORE
    boxes = np.abs(expected[:4, seen] - found[:4, seen])
    return float(np.abs(expected[4:] - found[4:]).max()), float(boxes.max(initial=0.0))


def _outputs(path: Path, side: int) -> _Outputs:
    """Return (4 + classes, A) centre, size and scores at all places of the bus picture."""
    yolo = quiet_ultralytics()
    from ultralytics.utils import ASSETS

    loaded = yolo(str(path), task="detect")
    loaded.predict(ASSETS / "bus.jpg", imgsz=side, device="cpu", verbose=False)
    predictor = loaded.predictor
    with torch.inference_mode():
        raw = predictor.model(predictor.preprocess([predictor.batch[1][0]]))
    first = raw[0] if isinstance(raw, list | tuple) else raw
    return np.asarray(first.reshape(-1, first.shape[-1]).numpy(), np.float32)


def _put(written: Path, path: Path) -> None:
    try:
        if written.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(written, path)
        else:
            with replacing(path) as temporary:
                shutil.copyfile(written, temporary)
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror or error}") from error


def _write_card(model: LocatedModel, path: Path, side: int, *, int8: bool) -> None:
    facts: dict[str, Any] = {
        "exported_from": model.name,
        "source_sha256": model.sha256,
        "sha256": sha256_of(path),
        "numbers": "8-bit integers, the head in 32-bit floats" if int8 else "32-bit floats",
        "imgsz": side,
    }
    own = {"conf": model.detecting.conf, "iou": model.detecting.iou}
    facts |= {name: value for name, value in own.items() if value is not None}
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
