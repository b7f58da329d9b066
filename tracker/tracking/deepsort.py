"""The DeepSORT tracker of one camera.

Source: Wojke, Bewley, Paulus, "Simple Online and Realtime Tracking with a Deep Association
Metric", ICIP 2017 (arXiv 1703.07402). What differs is said where it stands: time in seconds
instead of frames, ids allotted at confirmation, and looks and places weighed against each other.
"""

import math
from collections.abc import Sequence

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.config import TrackerConfig
from tracker.core.types import BoolArray, Detections, TrackBox, Visit
from tracker.tracking import kalman_batch
from tracker.tracking.assignment import Pair, match, match_cascade
from tracker.tracking.crop_quality import covered_share, entangled_share
from tracker.tracking.fragment import Observation, concatenate
from tracker.tracking.fragment_archive import Archive
from tracker.tracking.matching_cost import Costs, states_of
from tracker.tracking.sure_matches import undoubted
from tracker.tracking.track import State, Track

OUTAGE = 10.0  # times the usual interval between frames
MAX_IOU_DISTANCE_WEAK = 0.5  # ByteTrack's second stage (Zhang et al., ECCV 2022, algorithm 1)


class DeepSort:
    """Follows the people in one camera's view. Each instance has its own ids, from 1.

    Args:
        camera: Name that its visits carry.
        config: Thresholds.
        appearance: Whether embeddings will be given; without, boxes are matched by overlap.
    """

    def __init__(self, camera: str, config: TrackerConfig, *, appearance: bool = True) -> None:
        self._camera = camera
        self._config = config
        self._appearance = appearance
        self._tracks: list[Track] = []
        self._time_s = 0.0
        self._past = Archive()  # fragments of the visits that are over
        self._ended: list[
            tuple[int, int, int]
        ] = []  # these visits: track_id, first and end fragment
        self._last_id = 0
        self._interval_s = math.inf  # usual one between frames

    def update(
        self, frame: int, time_s: float, detections: Detections, embeddings: Floats,
        camera_move: Floats | None = None,
    ) -> list[TrackBox]:  # fmt: skip
        """Take in one frame. Must be called for every frame, also where nothing was found.

        Args:
            frame: Index of the frame.
            time_s: Its time; later than that of the frame before.
            detections: N people.
            embeddings: (N, 512) float32 of unit length; zero rows where there is no evidence.
            camera_move: (2, 3), see `camera_motion`; None where the camera stood still.

        Returns:
            The confirmed tracks seen in this frame.
        """
        order = _canonical_order(detections)  # so that the detector's order does not matter
        detections, embeddings = detections[order], embeddings[order]
        if camera_move is not None:
            self._carry(camera_move)
        self._end_before_outage(time_s)
        self._predict(time_s)
        certain = [
            (t, d)
            for t, d in self._undoubted(states_of(self._tracks), detections)
            if self._appearance and not embeddings[d].any()
        ]
        pairs = self._match(time_s, detections, embeddings, certain)
        # A crop that shows two people would make each remembered as the other.
        hidden = covered_share(detections.xyxy) > self._config.max_cover
        entangled = entangled_share(detections.xyxy) > self._config.max_cover
        remembered = np.where(hidden[:, None], 0, embeddings)
        seen = [
            Observation(frame, time_s, xyxy, float(score), embedding, bool(crossing))
            for xyxy, score, embedding, crossing in zip(
                detections.xyxy, detections.score, remembered, entangled, strict=True
            )
        ]
        matched = {t for t, _ in pairs}
        self._move([self._tracks[t] for t, _ in pairs], detections.xyxy[[d for _, d in pairs]])
        for t, d in pairs:
            self._observe(self._tracks[t], seen[d], certain=(t, d) in certain)
        for t, track in enumerate(self._tracks):
            if t not in matched:
                track.miss()
        taken = {d for _, d in pairs}
        for d in range(len(detections)):
            if d not in taken:
                self._start(seen[d])
        self._retire(time_s)
        return self._seen_now()

    def in_doubt(self, time_s: float, detections: Detections) -> BoolArray:
        """Tell whom of the next frame's detections the looks are needed of: (N,) bool.

        The others continue a track that nobody else could continue, and whose looks are known
        well enough; `update` may be given zeros for them. Changes nothing.
        """
        doubt = np.ones(len(detections), np.bool_)
        for t, d in self._undoubted(self._expected(time_s), detections):
            track = self._tracks[t]
            doubt[d] = time_s - track.last_look_s >= self._config.reid_interval_s
        return doubt

    def visits(self) -> list[Visit]:
        """Return all confirmed visits so far, in the order of their ids."""
        return sorted([*self.ended(), *self.current()], key=lambda t: t.track_id)

    @property
    def ended_count(self) -> int:
        """How many visits are over."""
        return len(self._ended)

    def ended(self, since: int = 0) -> list[Visit]:
        """Return the visits that are over, in the order in which they ended, but the first ones."""
        return [
            concatenate(self._past.read(first, end), track_id)
            for track_id, first, end in self._ended[since:]
        ]

    def forget_ended(self) -> None:
        """Let go of the visits that are over."""
        self._past, self._ended = Archive(), []

    def take_past(self, before_s: float) -> list[Visit]:
        """Give away the boxes from before a time of the confirmed visits that go on."""
        taken = [t.take_past(before_s, self._camera) for t in self._tracks if t.track_id]
        return [visit for visit in taken if visit is not None]

    def current(self) -> list[Visit]:
        """Return the confirmed visits that go on, seen or lost."""
        return [t.visit(self._camera) for t in self._tracks if t.track_id]

    def fragments(self) -> list[Visit]:
        """Return the fragments of all confirmed visits, by the time at which they begin."""
        going_on = [p for t in self._tracks if t.track_id for p in t.fragments(self._camera)]
        return sorted([*self._past.read(), *going_on], key=lambda p: (p.start_s, p.track_id))

    def _carry(self, move: Floats) -> None:
        """Take what is expected where the camera's move takes it."""
        states = kalman_batch.carry(states_of(self._tracks), move)
        for track, state in zip(self._tracks, states, strict=True):
            track.motion = state

    def _predict(self, time_s: float) -> None:
        """Move all expected boxes to the time of the current frame."""
        states = self._expected(time_s)
        self._time_s = time_s
        for track, state in zip(self._tracks, states, strict=True):
            track.motion = state

    def _expected(self, time_s: float) -> Floats:
        """Return the states (T, 5, 4) of all tracks at a time."""
        elapsed_s = np.full(len(self._tracks), time_s - self._time_s)
        return kalman_batch.predict(states_of(self._tracks), elapsed_s)

    def _undoubted(self, states: Floats, detections: Detections) -> list[Pair]:
        """Return the pairs for which no looks are needed."""
        seen = [t.state is State.CONFIRMED and not t.missed for t in self._tracks]
        expected = kalman_batch.expected_xyxy(states)
        return undoubted(expected, np.array(seen, np.bool_), detections.xyxy.astype(np.float64))

    @staticmethod
    def _move(tracks: Sequence[Track], xyxy: Floats) -> None:
        """Correct the expected boxes of tracks by their detections (N, 4)."""
        for track, state in zip(tracks, kalman_batch.update(states_of(tracks), xyxy), strict=True):
            track.motion = state

    def _match(
        self, time_s: float, detections: Detections, embeddings: Floats, certain: list[Pair]
    ) -> list[Pair]:
        """Return all pairs."""
        tracks = self._tracks
        costs = Costs(tracks, detections, embeddings, time_s, self._config)
        free_tracks, free = list(range(len(tracks))), list(range(len(detections)))
        pairs: list[Pair] = []

        def keep(found: list[Pair]) -> None:
            for t, d in found:
                free_tracks.remove(t)
                free.remove(d)
            pairs.extend(found)

        if self._appearance:
            keep(certain)
            keep(match(costs.odds, free_tracks, free, 0.0))
        near = [i for i in free_tracks if not self._appearance or tracks[i].missed == 0]
        age = [tracks[i].missed for i in near]
        sure = [d for d in free if self._appearance or costs.score[d] >= self._config.high_score]
        keep(match_cascade(costs.overlap, near, sure, self._config.max_iou_distance, age=age))
        if not self._appearance:
            seen_last = [i for i in free_tracks if tracks[i].missed == 0 and tracks[i].track_id]
            keep(match(costs.overlap, seen_last, free, MAX_IOU_DISTANCE_WEAK))
        return pairs

    def _observe(self, track: Track, seen: Observation, *, certain: bool = False) -> None:
        track.observe(seen, looks_as_before=certain)
        if track.state is State.TENTATIVE and self._convinced(track):
            track.state = State.CONFIRMED
            self._last_id += 1
            track.track_id = self._last_id

    def _convinced(self, track: Track) -> bool:
        """Tell whether this is a person: seen often enough, and tall where looks count."""
        config = self._config
        tall = not self._appearance or track.last_height >= config.min_height
        return tall and track.hits >= config.n_init

    def _start(self, seen: Observation) -> None:
        if not self._appearance and seen.score < self._config.high_score:
            return
        track = Track(self._config.nn_budget, kalman_batch.begin(seen.xyxy[None])[0])
        self._observe(track, seen)
        self._tracks.append(track)

    def _retire(self, time_s: float) -> None:
        for track in self._tracks:
            if time_s - track.last_seen_s > self._config.max_age_s and track.missed:
                track.state = State.ENDED
        for track in self._tracks:
            if track.state is State.ENDED and track.track_id:
                fragments = track.fragments(self._camera)
                first = len(self._past)
                for fragment in fragments:
                    self._past.append(fragment)
                self._ended.append((track.track_id, first, len(self._past)))
        self._tracks = [t for t in self._tracks if t.state is not State.ENDED]

    def _end_before_outage(self, time_s: float) -> None:
        """End all visits if the camera was gone for longer than anybody may be unseen.

        A camera that always takes pictures so far apart was not gone.
        """
        gap_s = time_s - self._time_s
        if gap_s > self._config.max_age_s and gap_s > OUTAGE * self._interval_s:
            for track in self._tracks:
                track.miss()
            self._retire(time_s)
        if gap_s > 0:
            self._interval_s = min(gap_s, 2 * self._interval_s)  # one slow frame is no habit

    def _seen_now(self) -> list[TrackBox]:
        return [
            TrackBox(t.track_id, t.last_xyxy, t.last_score)
            for t in self._tracks
            if t.state is State.CONFIRMED
        ]


def _canonical_order(detections: Detections) -> np.ndarray:
    """Return the order by score, ties by place: the same for any order of the detections."""
    columns = detections.xyxy.T
    return np.lexsort((*columns[::-1], -detections.score))
