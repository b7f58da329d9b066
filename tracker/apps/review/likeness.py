"""Who else somebody may be, by looks; and what the program would decide under what was said."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from tracker.apps.review.session import ReviewSession
from tracker.core.config import LinkConfig
from tracker.core.types import EMBEDDING_SIZE, FloatArray, VisitKey
from tracker.corrections.checks import at_once
from tracker.corrections.constraints import KnownPairs
from tracker.corrections.pieces import Pieces
from tracker.gallery.read import Gallery
from tracker.identity.grouping import Scene
from tracker.identity.offline import link
from tracker.results.tracks_json import visit_of

MOST_ALIKE = 6
MOST_VISITS = 3000  # that are decided anew after an answer, which takes a second or two
DIGITS = 3


class Likeness:
    """Compares the people of a run under review by the crops that it kept.

    Args:
        session: The run, as it is corrected.
        gallery: What it kept.
        since: What was known, and of which visits, when the review began.
    """

    def __init__(
        self, session: ReviewSession, gallery: Gallery, since: tuple[KnownPairs, Pieces]
    ) -> None:
        self._session = session
        self._gallery = gallery
        self._crops: dict[VisitKey, list[tuple[int, int]]] = defaultdict(list)
        for place, frame in enumerate(gallery.row[:, 2].tolist()):
            self._crops[gallery.key(place)].append((frame, place))
        self._lock = Lock()
        self._looks: tuple[int, dict[int, FloatArray]] = -1, {}
        self._decided = self._decide(*since)

    def alike(self, number: int) -> list[dict[str, Any]]:
        """Return who looks most like a person, the most alike first, and why it cannot be them."""
        content, pieces = self._session.content, self._session.pieces
        people = content.visits()
        if number not in people:
            return []
        revision, looks = self._looks
        if revision != self._session.revision:
            looks = {i: self._look([v.key for v in own], pieces) for i, own in people.items()}
            self._looks = self._session.revision, looks
        ids = [i for i in looks if i != number]
        likeness = np.array([looks[i] for i in ids], np.float32).reshape(len(ids), -1)
        similar = likeness @ looks[number]
        found = []
        for place in np.argsort(-similar, kind="stable")[:MOST_ALIKE]:
            other, similarity = ids[place], float(similar[place])
            if similarity <= 0:
                break
            clash = next(at_once(people[number], people[other]), None)
            found.append({
                "id": other, "similarity": round(similarity, DIGITS),
                "clash": clash and {
                    "camera": clash[0].camera, "tracks": [clash[0].track_id, clash[1].track_id],
                    "from_s": max(v.enter_s for v in clash),
                    "until_s": min(v.leave_s for v in clash),
                },
            })  # fmt: skip
        return found

    def anew(self) -> dict[str, Any]:
        """Decide again under all that was said; return what that changes since the last time.

        `joined` are pairs of visits, of two people now, that would be one person's; `parted` are
        links of the result whose visits would be two people's.
        """
        with self._lock:
            known, pieces = self._session.known, self._session.pieces
            before, self._decided = self._decided, self._decide(known, pieces)
            content, after = self._session.content, self._decided
            person_of = {v.key: i for i, own in content.visits().items() for v in own}
            joined = [
                {"first": list(a), "second": list(b), "probability": round(p, DIGITS)}
                for (a, b), p in after[1].items()
                if before[0].get(a) != before[0].get(b) and a in person_of and b in person_of
                and person_of[a] != person_of[b]
            ]  # fmt: skip
            parted = [
                {"first": list(x.first.key), "second": list(x.second.key)}
                for x in content.links
                if not x.vouched and _together(before[0], x.first.key, x.second.key)
                and not _together(after[0], x.first.key, x.second.key)
            ]  # fmt: skip
        return {"joined": joined, "parted": parted}

    def _look(self, keys: list[VisitKey], pieces: Pieces) -> FloatArray:
        """Return the mean look (512,) of a person's visits, of unit length; zero without crops."""
        means = [self._views(key, pieces).mean(axis=0) for key in keys if self._places(key, pieces)]
        if not means:
            return np.zeros(EMBEDDING_SIZE, np.float32)
        total = np.sum(np.stack(means), axis=0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)

    def _views(self, key: VisitKey, pieces: Pieces) -> FloatArray:
        return self._gallery.embedding[self._places(key, pieces)]

    def _places(self, key: VisitKey, pieces: Pieces) -> list[int]:
        """Return the gallery's crops of a visit, which may have been cut."""
        if key not in pieces.changed:
            return [place for _, place in self._crops.get(key, [])]
        return list(self._of_pieces(key, pieces))

    def _of_pieces(self, key: VisitKey, pieces: Pieces) -> Iterator[int]:
        for part in pieces.of(key):
            for frame, place in self._crops.get(part.key, []):
                if part.first <= frame <= part.last:
                    yield place

    def _decide(
        self, known: KnownPairs, pieces: Pieces
    ) -> tuple[dict[VisitKey, int], dict[tuple[VisitKey, VisitKey], float]]:
        """Return each visit's person, and the links with their probabilities; none of too many."""
        if len(pieces.tracks) > MOST_VISITS:
            return {}, {}
        visits = [
            replace(visit_of(track), embeddings=self._views(key, pieces))
            for key, track in pieces.tracks.items() if key not in known.nobody
        ]  # fmt: skip
        found = link(visits, LinkConfig(), Scene(), known.pairs)
        person_of = {v.key: p.global_id for p in found.identities for v in p.visits}
        return person_of, {(x.first, x.second): x.probability for x in found.links}


def _together(person_of: dict[VisitKey, int], one: VisitKey, other: VisitKey) -> bool:
    return person_of.get(one, -1) == person_of.get(other, -2)
