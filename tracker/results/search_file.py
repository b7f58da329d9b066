"""What a search prints, schema ``reid-track-search/1``."""

from typing import Annotated, Literal

from msgspec import Meta

from tracker.results.identities_json import ReidModel
from tracker.results.record import Corners, Count, Generator, Id, Record, about

SEARCH: Literal["reid-track-search/1"] = "reid-track-search/1"
Similarity = Annotated[float, Meta(ge=-1, le=1, description="Cosine of the mean looks.")]


class QueryPhoto(Record):
    """A photo of the person who is searched for."""

    path: str
    xyxy: Annotated[Corners | None, about("The part that was taken; null is all of it.")]
    people: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        about("How many were found in it; null where nobody was looked for."),
    ]


class QueryPerson(Record):
    """Somebody in a run."""

    tracks_json: str
    global_id: Id


class SearchQuery(Record):
    """Photos of the person, or somebody in a run."""

    photos: list[QueryPhoto]
    person: QueryPerson | None


class Searched(Record):
    """How much was searched."""

    runs: Count
    visits: Count


class FoundVisit(Record):
    """A visit: seconds on the run's clock, and the wall clock's times where they are known."""

    camera: str
    track_id: Id
    enter_s: float
    leave_s: float
    enter: str | None
    leave: str | None
    similarity: Similarity
    crop: Annotated[str, about("A picture of this visit.")]


class FoundPerson(Record):
    """Somebody of a run: as similar as the most similar visit."""

    similarity: Similarity
    tracks_json: Annotated[str, about("The run's result.")]
    global_id: Annotated[Id, about("Of that run.")]
    start: Annotated[
        str | None, about("The run's zero by the wall clock; null where it is not known.")
    ]
    visits: Annotated[list[FoundVisit], Meta(min_length=1)]


class SearchFile(Record):
    """People who look like somebody, the most similar first."""

    schema: Literal["reid-track-search/1"]
    generator: Generator
    models: ReidModel
    query: SearchQuery
    searched: Searched
    people: list[FoundPerson]
