"""Write an OSNet as ONNX, OpenVINO or TorchScript, and check that it still says the same."""

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tracker.core.atomic import replacing
from tracker.core.errors import ConfigError, OutputError
from tracker.core.extras import require
from tracker.core.types import FloatArray
from tracker.models.locate import LocatedModel, sha256_of
from tracker.models.registry import Preprocessing
from tracker.reid.checkpoint import load_osnet
from tracker.reid.osnet import OSNet

LARGEST_DIFFERENCE = 1e-3  # of values that lie between 0 and about 5
CHECKED = 3  # pictures; another number than the export's example, to try the free batch size
OPSET = 17

Runner = Callable[[FloatArray], FloatArray]


def export_reid(model: LocatedModel, target: str, path: Path) -> float:
    """Write a checkpoint in another format, with a card beside it.

    Args:
        model: A PyTorch or safetensors checkpoint of OSNet.
        target: ``onnx``, ``openvino`` or ``torchscript``.
        path: The file, or for OpenVINO the folder, to write.

    Returns:
        Largest absolute difference of an output value from PyTorch's.

    Raises:
        ConfigError: An unknown format.
        WeightsError: The checkpoint is unusable.
        OutputError: It cannot be written, or says something else than PyTorch.
    """
    if target not in FORMATS:
        raise ConfigError(f"--to is '{target}'; allowed are: {', '.join(FORMATS)}")
    if target == "onnx":
        require("onnx")
    osnet = load_osnet(model.path)
    example = torch.zeros(2, 3, model.preprocessing.height, model.preprocessing.width)
    write, load = FORMATS[target]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporters announce their successors
        write(osnet, example, path)
        difference = _difference(osnet, load(path), model.preprocessing)
    if not difference <= LARGEST_DIFFERENCE:
        raise OutputError(
            f"'{path}' differs from PyTorch by {difference:.2g}, more than {LARGEST_DIFFERENCE}; "
            "do not use it, and report this"
        )
    _write_card(model, path)
    return difference


def _difference(osnet: OSNet, runner: Runner, size: Preprocessing) -> float:
    random = np.random.default_rng(0)
    crops = random.standard_normal((CHECKED, 3, size.height, size.width)).astype(np.float32)
    with torch.inference_mode():
        expected = osnet(torch.from_numpy(crops)).numpy()
    return float(np.abs(runner(crops) - expected).max())


def _write_card(model: LocatedModel, path: Path) -> None:
    facts = {
        "exported_from": model.name,
        "source_sha256": model.sha256,
        "sha256": sha256_of(path),
        "preprocessing": asdict(model.preprocessing),
        "max_cosine_distance": model.max_cosine_distance,
    }
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _write_onnx(osnet: OSNet, example: torch.Tensor, path: Path) -> None:
    with replacing(path) as temporary:
        torch.onnx.export(
            osnet, (example,), str(temporary), dynamo=False, opset_version=OPSET,
            input_names=["images"], output_names=["embeddings"],
            dynamic_axes={"images": {0: "batch"}, "embeddings": {0: "batch"}},
        )  # fmt: skip


def _load_onnx(path: Path) -> Runner:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(crops: FloatArray) -> FloatArray:
        return np.asarray(session.run(None, {"images": crops})[0], np.float32)

    return run


def _write_openvino(osnet: OSNet, example: torch.Tensor, path: Path) -> None:
    import openvino

    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder '{path}': {error.strerror}") from error
    shape = [-1, *example.shape[1:]]
    converted = openvino.convert_model(osnet, example_input=example, input=shape)
    openvino.save_model(converted, str(path / "osnet.xml"), compress_to_fp16=False)


def _load_openvino(path: Path) -> Runner:
    import openvino

    compiled = openvino.Core().compile_model(
        str(path / "osnet.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )

    def run(crops: FloatArray) -> FloatArray:
        return np.asarray(compiled(crops)[0], np.float32)

    return run


def _write_torchscript(osnet: OSNet, example: torch.Tensor, path: Path) -> None:
    with torch.inference_mode():
        traced: Any = torch.jit.trace(osnet, example)  # type: ignore[no-untyped-call]
    with replacing(path) as temporary:
        traced.save(str(temporary))


def _load_torchscript(path: Path) -> Runner:
    loaded: Any = torch.jit.load(str(path))  # type: ignore[no-untyped-call]

    def run(crops: FloatArray) -> FloatArray:
        with torch.inference_mode():
            return np.asarray(loaded(torch.from_numpy(crops)).numpy())

    return run


FORMATS: dict[str, tuple[Callable[[OSNet, torch.Tensor, Path], None], Callable[[Path], Runner]]] = {
    "onnx": (_write_onnx, _load_onnx),
    "openvino": (_write_openvino, _load_openvino),
    "torchscript": (_write_torchscript, _load_torchscript),
}
