"""From what the user chose to a trainer that is ready to run."""

import torch

from tracker.core.errors import ConfigError, suggestion
from tracker.datasets.benchmarks import training_pictures
from tracker.datasets.pictures import PersonSet, number, split_people
from tracker.datasets.pixels import common_size
from tracker.reid.checkpoint import guess_variant, load_osnet
from tracker.reid.osnet_config import KNOWN, VARIANTS
from tracker.training.distributed import Processes
from tracker.training.precision import choose_precision
from tracker.training.reid_loader import decode_all, make_loader
from tracker.training.reid_recipe import Recipe, TrainingRequest
from tracker.training.reid_teacher import Teacher, Teachers
from tracker.training.reid_trainer import ReidTrainer
from tracker.training.reid_validate import Validation

MOST_TEACHERS = 2
MIN_SIDE = 32  # pixels; the network halves the picture four times


def make_trainer(request: TrainingRequest, recipe: Recipe, processes: Processes) -> ReidTrainer:
    """List and decode the pictures, keep people back, and build the trainer.

    Raises:
        SourceError: The data cannot be read, or hold too few people.
        ConfigError: An option does not fit another or the data.
        WeightsError: The initial weights are unusable.
    """
    _check(request, recipe, processes)
    parts = [
        training_pictures(source, split=request.split, everything=request.combine_all)
        for source in request.data
    ]
    first, kept_back = split_people(number(parts[:1]), request.val_ids)
    parts[0] = list(first.pictures)
    learned = number(parts)
    trained_on = {
        "sources": [source.name for source in request.data], "people": learned.people,
        "pictures": len(learned), "kept_back": kept_back.people,
    }  # fmt: skip
    return ReidTrainer(
        learned, make_loader(learned.pictures, request.size, processes.device), recipe, request,
        trained_on=trained_on, dtype=choose_precision(request.precision, processes.device),
        processes=processes,
        validation=_validation(request, kept_back) if len(kept_back) else None,
        weights=_initial(request),
        source=torch.repeat_interleave(torch.tensor([len(part) for part in parts])),
        teachers=Teachers(
            [Teacher(model, device=processes.device) for model in request.teachers], learned,
            everybody=recipe.taught == "everybody",
        ),
    )  # fmt: skip


def _check(request: TrainingRequest, recipe: Recipe, processes: Processes) -> None:
    if request.arch not in KNOWN:
        raise ConfigError(
            f"--arch '{request.arch}' is unknown.{suggestion(request.arch, KNOWN)} Known are: "
            f"{', '.join(VARIANTS)}, and the ablations of table 5 such as osnet_x0_25_t1"
        )
    if len(request.teachers) > MOST_TEACHERS:
        raise ConfigError(
            f"--teacher was given {len(request.teachers)} times; a first teaches people whom one "
            "camera saw, and a second the others"
        )
    if min(request.size) < MIN_SIDE:
        height, width = request.size
        raise ConfigError(f"--size {height}x{width} is too small; each side needs {MIN_SIDE} up")
    if recipe.mix and len(recipe.mix) != len(request.data):
        raise ConfigError(
            f"--mix has {len(recipe.mix)} numbers for {len(request.data)} data sets; give one each"
        )
    hand = max(recipe.images_per_person, 1) * processes.size
    if recipe.batch_size % hand:
        raise ConfigError(
            f"--batch-size {recipe.batch_size} must be a multiple of {hand}: pictures per person "
            "times processes"
        )
    if recipe.images_per_person and recipe.batch_size < 2 * hand:
        raise ConfigError(f"--batch-size {recipe.batch_size} holds one person; give {2 * hand} up")


def _validation(request: TrainingRequest, people: PersonSet) -> Validation:
    size = common_size(people.pictures, request.size)
    return Validation(request.arch, people, decode_all(people.pictures, size))


def _initial(request: TrainingRequest) -> dict[str, torch.Tensor] | None:
    if request.weights is None:
        return None
    state = load_osnet(request.weights).state_dict()
    found = guess_variant(state)
    if found != request.arch:
        raise ConfigError(f"--weights {request.weights} is {found}, but --arch is {request.arch}")
    return state
