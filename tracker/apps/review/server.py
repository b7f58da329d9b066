"""The review's page and what it asks for, over HTTP; `tracker.apps.guard` stands before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from msgspec import to_builtins
from msgspec.json import encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from tracker.apps.guard import App, Guard
from tracker.apps.report.film import Film, Footage, people_in
from tracker.apps.report.page_data import Paths, facts_of
from tracker.apps.report.render import Page, render
from tracker.apps.report.run_pictures import RunPictures
from tracker.apps.report.zone_data import FILE_NAME, zone_facts, zones_beside
from tracker.apps.review.likeness import Likeness
from tracker.apps.review.session import OutdatedError, ReviewSession, Said
from tracker.core.errors import ConfigError, OutputError, ReidTrackError, SourceError
from tracker.counting.zones import ZonesFile, write_zones
from tracker.gallery.read import Gallery
from tracker.results.record import Record, parse_record

MOST_BODY_BYTES = 1_000_000
_MISSING, _CONFLICT, _TOO_LARGE, _WRONG, _FAILED = 404, 409, 413, 422, 500


@dataclass(frozen=True, slots=True)
class Material:
    """What a review shows.

    Attributes:
        title: What the run is called.
        folder: Nothing outside of it is served, but the footage that the person named.
        kept: Crops and posters.
        footage: By camera.
        gallery: With the looks of its people; None where it kept none.
    """

    title: str
    folder: Path
    kept: RunPictures
    footage: Mapping[str, Footage]
    gallery: Gallery | None = None


class Change(Record):
    """What the page asks to change: corrections that belong together, or an undo.

    Attributes:
        revision: The one that the person saw.
    """

    revision: int
    corrections: tuple[Said, ...] = ()


class Review:
    """Answers the page's requests."""

    def __init__(self, session: ReviewSession, material: Material) -> None:
        self._session = session
        self._material = material
        self._cameras = {c.name: c for c in session.content.cameras}
        self._names = list(self._cameras)
        self._films: dict[str, Film] = {}
        self._paths: Paths = {}
        self._likeness: Likeness | None = None
        self._since = session.known, session.pieces
        self._lock = Lock()
        self.page()  # what is missing or wrong shall be told before anybody comes

    def page(self) -> Page:
        """Return the page as the run is corrected now."""
        return render(self.facts(), review=True)

    def facts(self) -> dict[str, Any]:
        """Return what the page shows, with what only the review knows."""
        material, session = self._material, self._session
        kept = material.kept.under(session.pieces)
        facts = facts_of(session.content, material.title, kept.shots, kept.posters, self._paths)
        return facts | {
            "revision": session.revision,
            "corrections": to_builtins(session.corrections),
            "undone": to_builtins(session.undone),
            "file": session.saved_in.name,
            "looks": material.gallery is not None,
            "videos": [
                f"video/{n}" if name in material.footage else None
                for n, name in enumerate(self._names)
            ],
        }

    def show(self, _request: Request) -> Response:
        """Answer with the page."""
        return HTMLResponse(self.page().html)

    def change(self, body: bytes, what: str) -> Response:
        """Make, undo or redo corrections; answer with everything as it is then."""
        try:
            asked = parse_record(body, Change, "what was sent", "request")
            if what == "/undo":
                self._session.undo(asked.revision)
            elif what == "/redo":
                self._session.redo(asked.revision)
            else:
                self._session.correct(asked.corrections, asked.revision)
        except OutdatedError as error:
            return JSONResponse({"error": str(error), "facts": self.facts()}, _CONFLICT)
        except (ConfigError, SourceError) as error:
            return JSONResponse({"error": str(error)}, _WRONG)
        except OutputError as error:
            return JSONResponse({"error": str(error)}, _FAILED)
        return Response(encode({"facts": self.facts()}), media_type="application/json")

    def crop(self, request: Request) -> Response:
        """Answer with a crop of a visit."""
        words = request.path_params
        key = self._camera(words["camera"]), words["track"]
        source = self._session.pieces.source(key, words["frame"])
        return self._file(self._material.kept.crops.get(source, {}).get(words["frame"]))

    def alike(self, request: Request) -> Response:
        """Answer with who looks most like a person."""
        found = self._compared()
        return JSONResponse(found.alike(request.path_params["person"]) if found else [])

    def anew(self, _request: Request) -> Response:
        """Answer with what the program would decide differently since it was last asked."""
        found = self._compared()
        return JSONResponse(found.anew() if found else {"joined": [], "parted": []})

    def _compared(self) -> Likeness | None:
        with self._lock:
            if self._likeness is None and self._material.gallery is not None:
                self._likeness = Likeness(self._session, self._material.gallery, self._since)
            return self._likeness

    def zones(self, _request: Request) -> Response:
        """Answer with the zones and who was counted in them."""
        try:
            return JSONResponse(zone_facts(self._session.content, zones_beside(self._tracks)))
        except ConfigError as error:
            return JSONResponse({"error": str(error)}, _WRONG)

    def save_zones(self, body: bytes) -> Response:
        """Write the zones that were drawn; answer with the counts."""
        try:
            file = parse_record(body, ZonesFile, "what was sent", "zones")
            facts = zone_facts(self._session.content, file)
            write_zones(file, self._tracks.with_name(FILE_NAME))
        except (ConfigError, SourceError) as error:
            return JSONResponse({"error": str(error)}, _WRONG)
        except OutputError as error:
            return JSONResponse({"error": str(error)}, _FAILED)
        return JSONResponse(facts)

    @property
    def _tracks(self) -> Path:
        return self._session.tracks

    def poster(self, request: Request) -> Response:
        """Answer with a camera's poster."""
        name = self._camera(request.path_params["camera"])
        return self._file(self._material.kept.posters.get(name))

    def film(self, request: Request) -> Response:
        """Answer with what is known of a camera's video; with `from` and `until`, its boxes."""
        asked = request.query_params
        try:
            film = self._film(self._camera(request.path_params["camera"]))
            if "from" not in asked:
                return JSONResponse(film.facts())
            span = float(asked["from"]), float(asked["until"])
            return JSONResponse(film.boxes(self._session.pieces, *span))
        except ReidTrackError as error:
            return JSONResponse({"error": str(error)}, _MISSING)
        except (KeyError, ValueError):
            return JSONResponse({"error": "from and until are seconds"}, _WRONG)

    def video(self, request: Request) -> Response:
        """Answer with a camera's video, or the part of it that is asked for."""
        footage = self._material.footage.get(self._camera(request.path_params["camera"]))
        if footage is None or not footage.path.is_file():
            return _nothing()
        return FileResponse(footage.path, media_type=footage.kind)

    def _camera(self, number: int) -> str:
        return self._names[number] if number < len(self._names) else ""

    def _film(self, name: str) -> Film:
        with self._lock:
            if name not in self._films:
                if name not in self._material.footage:
                    raise SourceError("there is no video of this camera")
                footage = self._material.footage[name]
                was = people_in(self._session.original)
                self._films[name] = Film(footage, self._cameras[name], was)
            return self._films[name]

    def _file(self, path: Path | None) -> Response:
        inside = self._material.folder.resolve()
        if path is None or not path.resolve().is_relative_to(inside) or not path.is_file():
            return _nothing()
        return Response(path.read_bytes(), media_type="image/jpeg")


def guarded(review: Review, token: str, port: int) -> Guard:
    """Put the routes together and the guard before them."""

    async def correct(request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BODY_BYTES:
                return JSONResponse({"error": "this is too much at once"}, _TOO_LARGE)
        if request.url.path == "/zones":
            return review.save_zones(body)
        return review.change(body, request.url.path)

    routes = [
        Route("/", review.show),
        *(
            Route(path, correct, methods=["POST"])
            for path in ("/correct", "/undo", "/redo", "/zones")
        ),
        Route("/zones.json", review.zones),
        Route("/crop/{camera:int}/{track:int}/{frame:int}.jpg", review.crop),
        Route("/alike/{person:int}.json", review.alike),
        Route("/anew.json", review.anew),
        Route("/poster/{camera:int}.jpg", review.poster),
        Route("/film/{camera:int}.json", review.film),
        Route("/video/{camera:int}", review.video),
    ]
    app: App = Starlette(routes=routes)
    return Guard(app, token, port=port, policy=review.page().policy)


def _nothing() -> Response:
    return PlainTextResponse("there is no such picture\n", _MISSING)
