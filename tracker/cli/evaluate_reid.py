"""``reid-track evaluate reid``: score a ReID network on pictures of known people."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.core.errors import ConfigError

if TYPE_CHECKING:
    from tracker.evaluation.ranking import Metric
    from tracker.evaluation.reid import CameraPair, Embedded, Scoring, Trial

FIGURE_QUERIES = 12
FIGURE_ANSWERS = 10


def evaluate_reid(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Market-1501, DukeMTMC-reID, MSMT17, CUHK03, VIPeR, GRID, or a folder or .tar "
            "of pictures <person>/<camera>_*.jpg or named as Market-1501's.",
            show_default=False,
        ),
    ],
    reid: Annotated[str, typer.Option(metavar="NAME|PATH", help="The network.")] = "auto",
    metric: Annotated[str, typer.Option(metavar="cosine|euclidean")] = "cosine",
    rerank: Annotated[
        bool, typer.Option("--rerank", help="Re-rank by k-reciprocal neighbours.")
    ] = False,
    same_camera: Annotated[
        bool, typer.Option("--same-camera", help="Count pictures by the query's own camera too.")
    ] = False,
    val_ids: Annotated[
        int,
        typer.Option(min=0, help="Only the people whom 'train reid --val-ids N' keeps back."),
    ] = 0,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also per pair of cameras.")] = False,
    figure: Annotated[
        Path | None,
        typer.Option(help="PNG of some queries and what they found.", show_default=False),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, mps, 0 or cuda:0.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print rank-1 to rank-20, mAP and mINP in percent, averaged over a data set's splits."""
    from tracker.evaluation.reid import Scoring, camera_pairs, embed_trial, make_trials, report
    from tracker.models.device import resolve_device
    from tracker.models.fetch import find_or_fetch
    from tracker.reid.runtimes import load_network

    scoring = Scoring(_metric(metric), not same_camera, rerank)
    trials = make_trials(data, val_ids=val_ids)
    model = find_or_fetch(reid, "reid")
    network = load_network(model, device=resolve_device(device, half=False))
    embedded = [embed_trial(network, trial, model.preprocessing) for trial in trials]
    scores: dict[str, Any] = report(embedded, scoring)
    if pairs:
        last = embedded[-1]
        found = camera_pairs(last.query, last.gallery, scoring.metric)
        scores["pairs"] = [_named(pair, _camera_names(last.trial)) for pair in found]
    if figure:
        _draw(embedded[-1], scoring, figure)
    print(json.dumps(scores) if as_json else _text(scores))


def _metric(name: str) -> "Metric":
    from tracker.evaluation.ranking import METRICS

    for known in METRICS:
        if name == known:
            return known
    raise ConfigError(f"--metric is '{name}'; allowed are: {', '.join(METRICS)}")


def _camera_names(trial: "Trial") -> dict[int, str]:
    """Map the cameras' numbers to the data set's names."""
    return {
        int(number): picture.camera
        for people in (trial.query, trial.gallery)
        for number, picture in zip(people.camera, people.pictures, strict=True)
    }


def _named(pair: "CameraPair", names: dict[int, str]) -> dict[str, Any]:
    cameras = {"query_camera": names[pair.asked], "gallery_camera": names[pair.searched]}
    return cameras | {"queries": pair.queries, "rank-1": pair.rank_1, "mAP": pair.mean_ap}


def _draw(embedded: "Embedded", scoring: "Scoring", path: Path) -> None:
    """Draw queries spread evenly over the set."""
    import numpy as np

    from tracker.evaluation.gallery_picture import draw_ranked
    from tracker.evaluation.reid import nearest

    found = nearest(embedded.query, embedded.gallery, scoring.metric, FIGURE_ANSWERS)
    count = min(FIGURE_QUERIES, len(found))
    rows = np.linspace(0, len(found) - 1, count).astype(int)
    draw_ranked(embedded.trial.query, embedded.trial.gallery, found, rows, path)


def _text(scores: dict[str, Any]) -> str:
    lines = [f"{name:16} {value:.4g}" for name, value in scores.items() if name != "pairs"]
    if "pairs" in scores:
        lines.append("query  gallery  queries  rank-1    mAP")
    for pair in scores.get("pairs", []):
        lines.append(
            f"{pair['query_camera']:>5}  {pair['gallery_camera']:>7}  {pair['queries']:7}  "
            f"{pair['rank-1']:6.1f}  {pair['mAP']:5.1f}"
        )
    return "\n".join(lines)
