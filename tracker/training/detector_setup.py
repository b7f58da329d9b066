"""From what the user chose to a detector's training that is ready to run."""

import json
import logging
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tracker.core.atomic import replacing
from tracker.core.errors import ConfigError, WeightsError, suggestion
from tracker.core.stopping import StopRequest
from tracker.detection.yolo import quiet_ultralytics
from tracker.models.fetch import find_or_fetch
from tracker.models.locate import LocatedModel
from tracker.training.card import write_detector
from tracker.training.detector_data import FILE, Gathered, gather, gathered_before
from tracker.training.detector_recipe import (
    STRIDE,
    DetectorRecipe,
    DetectorRequest,
    ultralytics_options,
)
from tracker.training.detector_teacher import load_dense, load_labeller
from tracker.training.log import History, read_history
from tracker.training.precision import choose_precision

if TYPE_CHECKING:
    from tracker.training.detector_trainer import PersonTrainer, Watch

logger = logging.getLogger(__name__)

ARCHS = tuple(f"{kind}{size}" for kind in ("yolo11", "yolov8") for size in "nsml")
DATA, REQUEST, LAST, BEST = "data", "request.json", "weights/last.pt", "weights/best.pt"
ENDLESS = 100_000  # epochs, where the clock counts


def train_detector(
    request: DetectorRequest, recipe: DetectorRecipe, watch: "Watch | None", *, resume: bool
) -> Path:
    """Gather the pictures, train, and write model, card, log and curves.

    Returns:
        The model's file.

    Raises:
        SourceError, ConfigError, WeightsError, OutputError: Something that the user can mend.
        TrainingError: The loss is no number.
        KeyboardInterrupt: The user stopped it; ``weights/last.pt`` is a usable detector, and
            `resume` goes on from it.
    """
    _check(request)
    quiet_ultralytics()  # before anything else imports Ultralytics
    teacher = find_or_fetch(request.teacher, "detect") if request.teacher else None
    identity = _identity(request, recipe, teacher)
    history = _history(request.out, identity) if resume else []
    gathered = _gathered(request, teacher)
    with replacing(request.out / REQUEST) as temporary:
        temporary.write_text(json.dumps(identity, indent=1) + "\n", encoding="utf-8")
    with StopRequest() as stop:
        trainer = _make_trainer(request, recipe, history, teacher, resume=resume)
        trainer.course = replace(trainer.course, stopping=lambda: stop.made, watch=watch)
        trainer.train()
    trainer.log.close(history)
    facts = _facts(request, gathered, history, identity, trainer)
    path = request.out / f"{request.arch}.pt"
    best = request.out / BEST
    write_detector(best if best.exists() else request.out / LAST, path, facts)
    return path


def _check(request: DetectorRequest) -> None:
    if request.arch not in ARCHS:
        raise ConfigError(
            f"--arch '{request.arch}' is unknown.{suggestion(request.arch, ARCHS)} "
            f"Known are: {', '.join(ARCHS)}"
        )
    if request.precision == "fp16":
        raise ConfigError("--precision fp16 is not for detectors; use bf16, fp32 or auto")
    if request.imgsz % STRIDE or request.imgsz < 2 * STRIDE:
        raise ConfigError(
            f"--imgsz {request.imgsz} must be a multiple of {STRIDE} from {2 * STRIDE} up"
        )


def _identity(
    request: DetectorRequest, recipe: DetectorRecipe, teacher: LocatedModel | None
) -> dict[str, Any]:
    """Return what makes a training this one, in the types of JSON."""
    content = {
        "arch": request.arch,
        "imgsz": request.imgsz,
        "epochs": None if request.hours else request.epochs,
        "hours": request.hours,
        "seed": request.seed,
        "teacher": {"name": teacher.name, "sha256": teacher.sha256} if teacher else None,
        "recipe": asdict(recipe),
    }
    return dict(json.loads(json.dumps(content)))


def _history(out: Path, identity: dict[str, Any]) -> History:
    """Check that the folder holds a training like this one; return its rows so far."""
    if not (out / LAST).is_file():
        raise ConfigError(f"--resume: there is no {out / LAST}; start anew without --resume")
    try:
        before = json.loads((out / REQUEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot resume: {out / REQUEST} is not readable: {error}") from error
    for name, wanted in identity.items():
        if before.get(name) != wanted:
            raise ConfigError(
                f"cannot resume from {out}: its {name} is {before.get(name)}, not {wanted}. Give "
                "the same options as before, or start anew in another --out"
            )
    return read_history(out)


def _gathered(request: DetectorRequest, teacher: LocatedModel | None) -> Gathered:
    folder = request.out / DATA
    before = gathered_before(folder)
    if before is not None:
        logger.info("the pictures in %s are taken as they are", folder)
        return before
    shutil.rmtree(folder, ignore_errors=True)
    labeller = load_labeller(teacher, request.device) if teacher else None
    gathered = gather(request.data, folder, labeller)
    logger.info(
        "%d pictures with %d people, %d to validate",
        gathered.pictures, gathered.people, gathered.validating,
    )  # fmt: skip
    return gathered


def _make_trainer(
    request: DetectorRequest, recipe: DetectorRecipe, history: History,
    teacher: LocatedModel | None, *, resume: bool,
) -> "PersonTrainer":  # fmt: skip
    from tracker.training.detector_trainer import Course, PersonTrainer

    device = torch.device(request.device)
    dtype = choose_precision(request.precision, device)
    dense = load_dense(teacher, request.device) if teacher else None
    course = Course(
        request, recipe, dtype, history, stopping=lambda: False,
        teacher=dense[0] if dense else None, teacher_class=dense[1] if dense else 0,
    )  # fmt: skip
    options = ultralytics_options(recipe) | {
        "model": f"{request.arch}.yaml",
        "pretrained": str(request.weights) if request.weights else False,
        "data": str(request.out / DATA / FILE),
        "epochs": ENDLESS if request.hours else request.epochs,
        "imgsz": request.imgsz,
        "device": request.device.removeprefix("cuda:"),
        "amp": "bf16" if device.type == "cuda" and dtype == torch.bfloat16 else False,
        "seed": request.seed,
        "patience": 0,
        "cache": "ram",
        "deterministic": False,  # some of its kernels exist in no deterministic kind
        "plots": False,
        "verbose": False,
        "project": str(request.out.parent.resolve()),
        "name": request.out.name,
        "exist_ok": True,
    }
    if resume:
        last = str(request.out / LAST)
        options |= {"resume": last, "model": last, "save_dir": str(request.out.resolve())}
    try:
        return PersonTrainer(course, options)
    except FileNotFoundError as error:  # what Ultralytics raises for any unreadable checkpoint
        raise WeightsError(f"{request.out / LAST} cannot be resumed: {error}") from error


def _facts(
    request: DetectorRequest, gathered: Gathered, history: History, identity: dict[str, Any],
    trainer: "PersonTrainer",
) -> dict[str, Any]:  # fmt: skip
    return {
        "imgsz": request.imgsz,
        "trained_on": asdict(gathered),
        "begun_with": request.weights.name if request.weights else "random weights",
        "epochs_done": len(history),
        "hours_done": round(sum(row["seconds"] for row in history) / 3600, 2),
        "scores": trainer.scores(),
        "recipe": identity,
    }
