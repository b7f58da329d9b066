"""Ours against the others, on films and on boxes alone."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.accuracy.ours import follow
from benchmarks.accuracy.peers import PEERS
from benchmarks.accuracy.recording import Recording
from benchmarks.accuracy.scoring import TOGETHER, Judge
from benchmarks.accuracy.sequences import PETS, Answer, Answers
from benchmarks.accuracy.tables import by_sequence, in_full
from tracker.core.config import TrackerConfig
from tracker.evaluation.tracks import Scores

WARY = TrackerConfig(wary=True)  # as --online follows
Recordings = Mapping[str, Recording]
ONLINE, DEFAULT = "reid-track --online", "reid-track"
KEPT, DROPPED = "bound: perfect ids, false alarms kept", "bound: perfect ids, false alarms dropped"


def all_answers(recordings: Recordings, cache: Path, *, peers: bool) -> dict[str, Answers]:
    """Run our tracker in both modes, then those of others; by tracker."""
    followed = {name: follow(recording) for name, recording in recordings.items()}
    online = {name: follow(recording, WARY) for name, recording in recordings.items()}
    answers: dict[str, dict[str, Answer]] = {
        DEFAULT: {name: f.settled() for name, f in followed.items()},
        ONLINE: {name: f.online() for name, f in online.items()},
    }
    for peer in PEERS if peers else ():
        for name, recording in recordings.items():
            for tracker, answer in peer.answers(recording, cache).items():
                answers.setdefault(tracker, {})[name] = answer
    return dict(answers)


def films(judge: Judge, recordings: Recordings, cache: Path, *, peers: bool) -> str:
    """Write the tables of the sequences with pictures."""
    answers = all_answers(recordings, cache, peers=peers)
    whole = {tracker: _count(found[PETS.name]) for tracker, found in answers.items()}
    answers |= {
        KEPT: judge.bounds(recordings, kept=True),
        DROPPED: judge.bounds(recordings, kept=False),
    }
    visits = _best_first({t: judge.visits(found) for t, found in answers.items()})
    people = {t: judge.people(found)[PETS.name] for t, found in answers.items()}
    for tracker, row in people.items():
        row["ids in the whole recording"] = whole.get(tracker, 10)
    ranked = dict(sorted(people.items(), key=lambda item: -item[1]["HOTA"]))
    columns = ("HOTA", "IDF1", "IDSW", "identities", "ids in the whole recording")
    return "\n\n".join([
        "### Visits, HOTA / IDF1",
        by_sequence("tracker", visits),
        f"### People, first 300 frames of {PETS.name}: 8 people, 10 in the whole recording",
        in_full("tracker", ranked, columns),
    ])  # fmt: skip


def boxes_alone(judge: Judge, recordings: Recordings, cache: Path, *, peers: bool) -> str:
    """Write the table of the sequences that are boxes without pictures."""
    answers = all_answers(recordings, cache, peers=peers)
    rows = _best_first({tracker: judge.visits(found) for tracker, found in answers.items()})
    together = {tracker: row[TOGETHER] for tracker, row in rows.items()}
    columns = ("HOTA", "IDF1", "MOTA", "AssA", "IDSW", "Frag")
    return "\n\n".join([
        "### Motion only, MOT17 with its public boxes (FRCNN), HOTA / IDF1",
        by_sequence("tracker", rows),
        "together:",
        in_full("tracker", together, columns),
    ])  # fmt: skip


def _count(answer: Answer) -> int:
    return len(set(answer.people.identity.tolist()))


def _best_first(rows: dict[str, dict[str, Scores]]) -> dict[str, dict[str, Scores]]:
    return dict(sorted(rows.items(), key=lambda item: -item[1][TOGETHER]["HOTA"]))
