"""The visits of many runs in one folder: looks in faiss's files, all else in SQLite.

The looks lie in files of up to FILE_ROWS rows. Adding a run writes a new file in place of the last
one; SQLite's commit is what makes it count, so that a stopped or failed change leaves the index
as it was.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import numpy as np

from tracker.apps.search.flat_files import FlatFiles
from tracker.apps.search.visits import PersonKey, Run, RunVisits, SeenVisit, same_model
from tracker.core.atomic import locked, replacing, temporary_beside
from tracker.core.errors import OutputError, SourceError
from tracker.core.types import FloatArray, IntArray
from tracker.results.result import ModelUse

DATABASE = "people.sqlite"
FORMAT = "reid-track-index/1"
PATIENCE_S = 120.0  # with other processes that change the index
FILE_ROWS = 1 << 17  # 268 MB: what adding one visit writes at most
_FILE = re.compile(r"looks-\d+-\d+\.faiss")
_TABLES = """
CREATE TABLE about (format TEXT, reid TEXT, sha256 TEXT);
CREATE TABLE runs (id INTEGER PRIMARY KEY, tracks_json TEXT UNIQUE, start TEXT);
CREATE TABLE files (id INTEGER PRIMARY KEY, version INTEGER, count INTEGER);
CREATE TABLE visits (file INTEGER, place INTEGER, run INTEGER, global_id INTEGER, camera TEXT,
    track_id INTEGER, enter_s REAL, leave_s REAL, crop TEXT, PRIMARY KEY (file, place))
    WITHOUT ROWID;
CREATE INDEX people ON visits (run, global_id);
"""


class PeopleIndex:
    """An index on disk; a `Collection`.

    Args:
        folder: Where it lies.
        create: Make it if it is missing.

    Raises:
        SourceError: There is none, or it is damaged.
        OutputError: It cannot be made.
        ConfigError: faiss is not installed.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        self._looks = FlatFiles(folder)
        if not (folder / DATABASE).is_file():
            if not create:
                raise SourceError(
                    f"there is no index at '{folder}'; make one: reid-track search add DIR --index "
                    f"{folder}"
                )
            with locked(folder, PATIENCE_S):
                _make(folder)
        with self._reading():
            address = f"file:{quote(str((folder / DATABASE).resolve()))}?mode=rw"
            self._db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE_S)
            form, name, sha256 = self._db.execute("SELECT * FROM about").fetchone()
        if form != FORMAT:
            raise SourceError(f"the index '{folder}' has the format '{form}', not {FORMAT}")
        self.reid = ModelUse(name, sha256) if sha256 else None

    def __enter__(self) -> "PeopleIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def __len__(self) -> int:
        return sum(count for _, _, count in self._files())

    def runs(self) -> list[tuple[Run, int, int]]:
        """Return the runs in the order in which they were added, with their people and visits."""
        with self._reading():
            rows = self._db.execute(
                "SELECT tracks_json, start, count(DISTINCT global_id), count(place) FROM runs "
                "LEFT JOIN visits ON visits.run = runs.id GROUP BY runs.id ORDER BY runs.id"
            ).fetchall()
        return [(_run(path, start), people, visits) for path, start, people, visits in rows]

    def nearest(self, query: FloatArray, count: int) -> list[tuple[float, SeenVisit]]:
        """See `Collection.nearest`; every row is compared, in 32-bit floats."""
        found = [
            (-similarity, file, place)
            for file, name, rows in self._files()
            for similarity, place in self._looks.nearest(name, query, count, rows)
        ]
        return [(-value, self._visit(file, place)) for value, file, place in sorted(found)[:count]]

    def of_person(self, person: PersonKey, query: FloatArray) -> list[tuple[float, SeenVisit]]:
        """See `Collection.of_person`."""
        with self._reading():
            places = self._db.execute(
                "SELECT file, place FROM visits WHERE global_id = ? AND run = "
                "(SELECT id FROM runs WHERE tracks_json = ?)",
                (person[1], str(person[0])),
            ).fetchall()
        looks = (self._rows(file, np.array([place])) for file, place in places)
        return [
            (float(look[0] @ query), self._visit(*at))
            for look, at in zip(looks, places, strict=True)
        ]

    def add(self, found: RunVisits) -> bool:
        """Add a run, in place of an earlier state of it; return whether there was one.

        Raises:
            ConfigError: Its looks are of another model than the index's.
            OutputError: It cannot be written.
        """
        if self.reid:
            same_model([(f"'{self.folder}'", self.reid), (f"'{found.run.name}'", found.reid)])
        start = found.run.start.isoformat() if found.run.start else None
        with self._changing():
            replaced = self._remove(found.run.tracks_json)
            model = found.reid.name, found.reid.sha256
            self._db.execute("UPDATE about SET reid = ?, sha256 = ?", model)
            row = str(found.run.tracks_json), start
            self._db.execute("INSERT INTO runs (tracks_json, start) VALUES (?, ?)", row)
            self._append(found)
        self.reid = found.reid
        return replaced

    def remove(self, tracks_json: Path) -> bool:
        """Remove a run; return whether it was there.

        Raises:
            OutputError: The index cannot be written.
        """
        with self._changing():
            return self._remove(tracks_json)

    def _append(self, found: RunVisits) -> None:
        (run,) = self._db.execute("SELECT max(id) FROM runs").fetchone()
        done = 0
        while done < len(found.visits):
            file, count = self._last_file()
            part = slice(done, done + FILE_ROWS - count)
            old = self._rows(file, np.arange(count))
            self._write(file, np.concatenate([old, found.looks[part]]))
            rows = (
                (file, count + n, run, v.global_id, v.camera, v.track_id, v.enter_s, v.leave_s,
                 str(v.crop))
                for n, v in enumerate(found.visits[part])
            )  # fmt: skip
            self._db.executemany("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            done = part.stop

    def _last_file(self) -> tuple[int, int]:
        """Return the file that has room, and how many rows it has; a new one if none has."""
        last = self._db.execute("SELECT id, count FROM files ORDER BY id DESC LIMIT 1").fetchone()
        if last and last[1] < FILE_ROWS:
            return int(last[0]), int(last[1])
        self._db.execute("INSERT INTO files (version, count) VALUES (0, 0)")
        return (int(last[0]) if last else 0) + 1, 0

    def _remove(self, tracks_json: Path) -> bool:
        sql = "SELECT id FROM runs WHERE tracks_json = ?"
        run = self._db.execute(sql, (str(tracks_json),)).fetchone()
        if run is None:
            return False
        touched = self._db.execute("SELECT DISTINCT file FROM visits WHERE run = ?", run).fetchall()
        self._db.execute("DELETE FROM visits WHERE run = ?", run)
        self._db.execute("DELETE FROM runs WHERE id = ?", run)
        for (file,) in touched:
            sql = "SELECT place FROM visits WHERE file = ? ORDER BY place"
            kept = np.array(self._db.execute(sql, (file,)).fetchall(), np.int64).reshape(-1)
            self._write(file, self._rows(file, kept))
            self._db.executemany(
                "UPDATE visits SET place = ? WHERE file = ? AND place = ?",
                ((new, file, old) for new, old in enumerate(kept.tolist()) if new != old),
            )
        return True

    def _rows(self, file: int, places: IntArray) -> FloatArray:
        with self._reading():
            sql = "SELECT version, count FROM files WHERE id = ?"
            version, count = self._db.execute(sql, (file,)).fetchone()
        return self._looks.read(_name(file, version), places, count)

    def _write(self, file: int, looks: FloatArray) -> None:
        """Write a file's rows under a new name, which counts from the commit on."""
        (version,) = self._db.execute("SELECT version FROM files WHERE id = ?", (file,)).fetchone()
        version += 1
        sql = "UPDATE files SET version = ?, count = ? WHERE id = ?"
        self._db.execute(sql, (version, len(looks), file))
        self._looks.write(_name(file, version), looks)

    def _files(self) -> list[tuple[int, str, int]]:
        """Return number, name and rows of each file that has rows."""
        with self._reading():
            sql = "SELECT id, version, count FROM files WHERE count ORDER BY id"
            rows = self._db.execute(sql).fetchall()
        return [(file, _name(file, version), count) for file, version, count in rows]

    def _visit(self, file: int, place: int) -> SeenVisit:
        with self._reading():
            path, start, *visit = self._db.execute(
                "SELECT tracks_json, start, camera, track_id, global_id, enter_s, leave_s, crop "
                "FROM visits JOIN runs ON id = run WHERE file = ? AND place = ?",
                (file, place),
            ).fetchone()
        camera, track_id, global_id, enter_s, leave_s, crop = visit
        run = _run(path, start)
        return SeenVisit(run, camera, track_id, global_id, enter_s, leave_s, Path(crop))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, TypeError) as error:  # TypeError: a row is missing
            raise SourceError(
                f"the index '{self.folder}' is damaged or cannot be read: {error}; make it again "
                "with 'reid-track search add'"
            ) from error

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Make all changes or none."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise OutputError(f"cannot write the index '{self.folder}': {error}") from error
        finally:
            self._sweep()

    def _sweep(self) -> None:
        """Remove files that do not count, while nobody else is writing one."""
        with suppress(sqlite3.Error):
            self._db.execute("BEGIN IMMEDIATE")
            rows = self._db.execute("SELECT id, version FROM files").fetchall()
            wanted = {_name(file, version) for file, version in rows}
            for path in list(self.folder.iterdir()):
                if _FILE.fullmatch(path.name) and path.name not in wanted:
                    self._looks.remove(path.name)
            self._db.execute("COMMIT")


def _make(folder: Path) -> None:
    """Make an empty index, unless another process just did."""
    if (folder / DATABASE).is_file():
        return
    try:
        folder.mkdir(exist_ok=True)
        temporary_beside(folder / DATABASE)  # what a killed process left there goes
        if any(folder.iterdir()):
            raise OutputError(f"'{folder}' is a folder of something else; name a new one")
    except OSError as error:
        raise OutputError(f"cannot make the index '{folder}': {error.strerror}") from error
    with replacing(folder / DATABASE) as temporary:
        db = sqlite3.connect(temporary)
        db.executescript(_TABLES)
        db.execute("INSERT INTO about VALUES (?, NULL, NULL)", (FORMAT,))
        db.commit()
        db.close()


def _name(file: int, version: int) -> str:
    return f"looks-{file}-{version}.faiss"


def _run(path: str, start: str | None) -> Run:
    return Run(Path(path), datetime.fromisoformat(start) if start else None)
