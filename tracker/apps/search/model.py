"""The ReID model of a query: the very one that a gallery was made with."""

from tracker.apps.search.visits import short
from tracker.core.errors import ConfigError, WeightsError
from tracker.models.fetch import find_or_fetch
from tracker.models.locate import AUTO, LocatedModel, find_model, installed_file, verified
from tracker.models.registry import manifest
from tracker.results.result import ModelUse


def model_of(made: ModelUse, wanted: str) -> LocatedModel:
    """Find the model.

    Args:
        made: What the gallery says of it.
        wanted: ``--reid``: ``auto`` for the gallery's own, else a name or path.

    Raises:
        ConfigError: The model wanted is another one.
        WeightsError: It is not on this machine.
    """
    found = _own(made) if wanted == AUTO else find_or_fetch(wanted, "reid")
    if found.sha256 != made.sha256:
        raise ConfigError(
            f"--reid {wanted} has the sha256 {found.sha256[:12]}, but what is searched was made "
            f"with {made.name} ({short(made)}); looks of two models cannot be compared. Leave "
            "--reid out, or run the videos again with it"
        )
    return found


def _own(made: ModelUse) -> LocatedModel:
    """Find the model by its sha256 among the published ones, else by its file's name."""
    for card in manifest().values():
        path = installed_file(card) if card.sha256 == made.sha256 else None
        if path is not None:
            return verified(card, path)
    try:
        found = find_model(made.name, "reid")
    except (ConfigError, WeightsError):
        found = None
    if isinstance(found, LocatedModel) and found.sha256 == made.sha256:
        return found
    fetch = f"run 'reid-track weights fetch {made.name}', or " if made.name in manifest() else ""
    raise WeightsError(
        f"what is searched was made with the ReID model {made.name} (sha256 {short(made)}), which "
        f"is not here; {fetch}name its file with --reid"
    )
