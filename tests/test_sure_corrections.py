"""What was said of one run holds in the next one over the same videos."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert, to_builtins
from msgspec.json import decode

from tests.media import reid_track
from tests.parts import look, visit
from tests.sample_run import track_samples
from tests.test_corrections import VISITS, merge, split, write
from tracker.apps.review.session import ReviewSession, Said
from tracker.core.config import LinkConfig
from tracker.core.errors import ConfigError
from tracker.core.types import Identity, Visit, VisitKey
from tracker.corrections.apply import Corrected
from tracker.corrections.constraints import KnownPairs, with_places
from tracker.corrections.pieces import uncut
from tracker.corrections.replay import found_in, give_names
from tracker.identity.constraints import SurePairs
from tracker.identity.offline import link
from tracker.results.corrections_file import (
    Confirm,
    Correction,
    KnownPlaces,
    Naming,
    read_corrections_file,
)
from tracker.results.record import VisitRef, to_json
from tracker.results.schemas import load_schema
from tracker.results.tracks_file import TracksFile, read_tracks

ONE, TWO, THREE, FOUR = (("cam1", 1), ("cam2", 1), ("cam1", 4), ("cam2", 2))
LOOKS_LIKE = [
    visit("cam1", 1, (0, 3), 1),
    visit("cam2", 1, (6, 9), 2),
    visit("cam1", 4, (20, 25), 1),
]


@pytest.fixture
def content(tmp_path: Path) -> TracksFile:
    return read_tracks(write(tmp_path / "tracks.json", VISITS))


def groups(people: list[Identity]) -> list[set[tuple[str, int]]]:
    return [{t.key for t in person.visits} for person in people]


def after(content: TracksFile, *said: Correction, before: KnownPairs | None = None) -> KnownPairs:
    return Corrected(content, before).with_(said).known()


def confirm(first: VisitKey, second: VisitKey) -> Correction:
    return Correction(confirm=Confirm(VisitRef(*first), VisitRef(*second)))


def name(person: int, called: str) -> Correction:
    return Correction(name=Naming(person, called))


def test_later_corrections_count_more(content: TracksFile) -> None:
    assert after(content, confirm(ONE, TWO)).same == ((ONE, TWO),)
    known = after(content, confirm(ONE, TWO), split(1, TWO))
    assert known.same == ()
    assert set(known.different) == {(ONE, TWO), (THREE, TWO)}
    again = after(content, split(1, TWO), merge(1, 5))
    assert again.different == ()
    assert set(again.same[0]) == {ONE, TWO, THREE}


def test_a_merge_makes_all_visits_one_persons_and_keeps_the_name(content: TracksFile) -> None:
    known = after(content, name(3, "Cy"), merge(3, 4), name(1, "Al"), name(1, ""))
    assert set(known.same[0]) == {FOUR, ("cam1", 3), ("cam3", 1)}
    assert set(known.names.values()) == {"Cy"}
    assert set(known.names) == set(known.same[0])


def test_what_was_known_before_stays(content: TracksFile) -> None:
    before = KnownPairs(((ONE, TWO),), ((ONE, FOUR),), {FOUR: "Di"})
    known = after(content, name(1, "Al"), before=before)
    assert known.same == ((ONE, TWO),)
    assert known.different == ((ONE, FOUR),)
    assert known.names[FOUR] == "Di"
    assert known.names[ONE] == "Al"


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_whatever_was_said_agrees_with_the_people_at_the_end(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    now = Corrected(read_tracks(write(tmp_path_factory.mktemp("any") / "t.json", VISITS)))
    for _ in range(data.draw(st.integers(1, 6))):
        people = now.people
        number = data.draw(st.sampled_from(sorted(people)))
        if data.draw(st.booleans()):
            said = merge(number, data.draw(st.sampled_from(sorted(people))))
        else:
            own = [v.key for v in people[number]]
            said = split(number, *data.draw(st.sets(st.sampled_from(own), min_size=1)))
        try:
            now = now.with_([said])
        except ConfigError:
            continue
    known = now.known()
    person_of = {v.key: n for n, own in now.people.items() for v in own}
    assert all(len({person_of[key] for key in group}) == 1 for group in known.same)
    assert all(person_of[one] != person_of[other] for one, other in known.different)


def test_places_survive_the_file_and_visits_are_found_whatever_their_numbers(
    content: TracksFile,
) -> None:
    known = after(content, merge(3, 4), split(1, TWO), name(2, "Bo"))
    places = decode(to_json(with_places(known, uncut(content))), type=KnownPlaces)
    renumbered = [
        Visit(**{f: getattr(t, f) for f in t.__slots__} | {"track_id": t.track_id + 70})
        for t in VISITS
    ]
    found = found_in(places, renumbered)
    assert found.same == tuple(tuple((c, n + 70) for c, n in group) for group in known.same)
    assert set(found.different) == {
        tuple(sorted(((a, n + 70), (b, m + 70)))) for (a, n), (b, m) in known.different
    }
    people = link(renumbered, LinkConfig(), sure=found.pairs).identities
    give_names(people, found.names)
    assert [p.name for p in people if p.name] == ["Bo"]


def test_pieces_of_a_visit_are_all_known_and_strangers_are_not_taken(content: TracksFile) -> None:
    places = with_places(after(content, merge(3, 4)), uncut(content))
    pieces = [visit("cam2", 8, (7, 8.4), None, x=500), visit("cam2", 9, (8.6, 10), None, x=500),
              visit("cam2", 7, (7, 10), None, x=300), visit("cam1", 2, (20, 24), None)]  # fmt: skip
    found = found_in(places, pieces)
    assert found.same == ((("cam1", 2), ("cam2", 8), ("cam2", 9)),)


def test_sure_pairs_decide_against_looks() -> None:
    assert groups(link(LOOKS_LIKE, LinkConfig()).identities) == [{ONE, THREE}, {TWO}]
    sure = SurePairs(same=((ONE, TWO),), different=((ONE, THREE),))
    linked = link(LOOKS_LIKE, LinkConfig(), sure=sure)
    assert groups(linked.identities) == [{ONE, TWO}, {THREE}]
    assert [(x.first, x.second, x.confirmed) for x in linked.links] == [(ONE, TWO, True)]
    with_threshold = link(LOOKS_LIKE, LinkConfig(gallery_threshold=0.7), sure=sure)
    assert groups(with_threshold.identities) == [{ONE, TWO}, {THREE}]


def test_nobody_becomes_two_at_one_instant_even_if_said() -> None:
    twice = [visit("cam1", 1, (0, 3), 1), visit("cam1", 2, (2, 5), 1, x=400)]
    sure = SurePairs(same=((("cam1", 1), ("cam1", 2)),))
    assert len(link(twice, LinkConfig(), sure=sure).identities) == 2


def test_visits_without_any_view_are_joined_if_said() -> None:
    blind = [visit("cam1", 1, (0, 3), None), visit("cam2", 1, (6, 9), None)]
    assert len(link(blind, LinkConfig()).identities) == 2
    assert len(link(blind, LinkConfig(), sure=SurePairs(same=((ONE, TWO),))).identities) == 1


def test_without_anything_said_linking_is_as_before() -> None:
    random = np.random.default_rng(0)
    visits = []
    for number in range(1, 13):
        own = visit("cam1", number, (10 * number, 10 * number + 4), 1)
        views = look(number % 4) + random.normal(0, 0.02, (3, 512)).astype(np.float32)
        views /= np.linalg.norm(views, axis=1, keepdims=True)
        visits.append(Visit(**{f: getattr(own, f) for f in own.__slots__} | {"embeddings": views}))
    before, now = link(visits, LinkConfig()), link(visits, LinkConfig(), sure=SurePairs())
    assert groups(before.identities) == groups(now.identities)
    assert before.links == now.links


def test_a_repeated_run_keeps_what_was_said(
    tmp_path: Path, colours: Path, capsys: pytest.CaptureFixture
) -> None:
    first = track_samples(tmp_path / "first", colours)
    desk = ReviewSession(first / "tracks.json", "tester")
    person = desk.content.identities[0]
    desk.correct([convert(to_builtins(split(1, person.tracks[-1].key)), Said)], 0)
    desk.correct([Said(name=Naming(1, "Al"))], 1)

    second = track_samples(tmp_path / "second", colours, "--corrections", desk.saved_in,
                           "--vid-stride", 2)  # fmt: skip
    jsonschema.validate(json.loads((second / "tracks.json").read_text()), load_schema())
    again = read_tracks(second / "tracks.json")
    assert len(again.identities) == len(desk.content.identities) == 6
    named = next(p for p in again.identities if p.name == "Al")
    assert [t.camera for t in named.tracks] == [t.camera for t in person.tracks[:-1]]

    capsys.readouterr()
    clip = Path(__file__).resolve().parents[1] / "samples" / "cam1.mp4"
    out = ("--out", tmp_path / "x.mp4", "--detections", tmp_path / "first-boxes" / "cam1.txt",
           "--reid", "none")  # fmt: skip
    assert reid_track(clip, *out, "--corrections", first / "tracks.json") == 1
    assert "is no corrections.json" in capsys.readouterr().err
    assert reid_track(clip, *out, "--online", "--corrections", desk.saved_in) == 1
    assert "not --online" in capsys.readouterr().err
    assert read_corrections_file(desk.saved_in).corrections[0].who == "tester"


WRONG = [
    pytest.param([{"confirm": {"first": {"camera": "cam1", "track_id": 1}}}],
                 "missing required field `second`, at $[0].confirm", id="half a link"),
    pytest.param([{"confirm": {"first": {"camera": "cam1", "track_id": 2},
                               "second": {"camera": "cam2", "track_id": 2}}}],
                 "no link between cam1/2 and cam2/2", id="no link"),
    pytest.param([{"name": {"global_id": 9, "name": "X"}}], "no person 9", id="nobody"),
    pytest.param([{"name": {"global_id": 1, "name": 7}}],
                 "expected `str`, got `int`, at $[0].name.name", id="no name"),
    pytest.param([{"name": {"global_id": 1, "name": "x" * 81}}], "80 letters", id="long name"),
    pytest.param([{"merge": [1, 3], "who": "a"}],
                 "expected `who` and `when` together, at $[0]", id="half a signature"),
    pytest.param([{"merge": [1, 3], "name": {"global_id": 1, "name": "X"}}],
                 "expected one of merge, split, confirm, name, cut", id="two at once"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), WRONG)
def test_a_wrong_record_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, said: list, told: str
) -> None:
    tracks = write(tmp_path / "tracks.json", VISITS)
    (tmp_path / "list.json").write_text(json.dumps(said))
    words = ["--corrections", tmp_path / "list.json", "--out", tmp_path / "new.json"]
    assert reid_track("identities", tracks, *words) == 1
    printed = capsys.readouterr().err
    assert told in printed
    assert len(printed.splitlines()) == 1
    assert not (tmp_path / "new.json").exists()
