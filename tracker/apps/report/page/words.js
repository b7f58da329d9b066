// Numbers as people read them.

const two = (n) => String(n).padStart(2, "0");

// When the run began by the wall clock, in seconds of its day and in its own zone; null if unknown.
const dayTime = (start) => {
  const found = /T(\d\d):(\d\d):(\d\d(?:\.\d+)?)/.exec(start || "");
  return found ? Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3]) : null;
};

// A time of the run: 75.25 -> "1:15.3", the hours only where there are any; or the time of day.
const clock = (seconds) => {
  if (run && Number.isFinite(run.dayTime)) {
    const at = Math.round((run.dayTime + seconds) * 10) % 864000, day = at < 0 ? at + 864000 : at;
    return `${two(Math.floor(day / 36000))}:${two(Math.floor(day / 600) % 60)}:${((day % 600) / 10).toFixed(1).padStart(4, "0")}`;
  }
  const tenths = Math.round(Math.abs(seconds) * 10);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const rest = (tenths % 600) / 10;
  const sign = seconds < 0 && tenths ? "-" : "";
  const end = `${rest < 10 ? "0" : ""}${rest.toFixed(1)}`;
  return hours ? `${sign}${hours}:${two(minutes)}:${end}` : `${sign}${minutes}:${end}`;
};

const lasting = (seconds) => {
  const size = Math.abs(seconds);
  if (size < 60) return `${seconds.toFixed(1)} s`;
  if (size < 3600) return `${Math.floor(size / 60)} min ${two(Math.round(size % 60) % 60)} s`;
  return `${Math.floor(size / 3600)} h ${two(Math.floor((size % 3600) / 60))} min`;
};

const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many || `${one}s`}`;

const chance = (p) => (p === null || p === undefined ? "-" : p > 0.995 && p < 1 ? ">99\u00a0%" : `${Math.round(p * 100)}\u00a0%`);

const decimal = (value, digits = 2) => (value === null || value === undefined ? "-" : value.toFixed(digits));

const named = (person) => (person.name ? `${person.name} (${person.id})` : `Person ${person.id}`);

// How somebody came from the visit before to this one.
const way = (before, after) => {
  const gap = after.enter - before.leave;
  if (before.camera === after.camera) return `back after ${lasting(gap)}`;
  if (gap < 0) return `while still in ${before.camera.name}`;
  return `from ${before.camera.name} in ${lasting(gap)}`;
};

const middle = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
