// Who answers, which sheet, and what was answered so far; kept by the browser, so that a closed tab loses nothing.

const RATER = /^[A-Za-z0-9_-]{1,64}$/;
const CODE = /^[A-Za-z0-9_-]{1,64}$/;
const FROM = ["rater", "PROLIFIC_PID", "workerId"];

export const isRater = (text) => RATER.test(text);

// The rater whom the address names, or "" where it names none or one that cannot be.
export function raterOf(query) {
  const name = FROM.map((key) => query.get(key)).find((value) => value) ?? "";
  return isRater(name) ? name : "";
}

export function codeOf(query) {
  const code = query.get("code") ?? query.get("cc") ?? "";
  return CODE.test(code) ? code : "";
}

// One sheet a rater: the one the address names (from 1), or one by the rater's name.
export function sheetOf(query, rater, sheets) {
  const named = Number(query.get("sheet"));
  if (Number.isInteger(named) && named >= 1 && named <= sheets) return named - 1;
  let hash = 2166136261; // FNV-1a
  for (const letter of rater) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  return hash % sheets;
}

const place = (study, rater) => `siebench-study/${study}/${rater}`;

export function lastRater(study) {
  return read(`siebench-study/${study}`)?.rater ?? "";
}

// What was kept of a rater, or null. `sent` is how many answers are stored elsewhere.
export function keptSession(study, rater) {
  const kept = read(place(study, rater));
  return kept?.study === study && kept.rater === rater && Array.isArray(kept.answers) ? kept : null;
}

export function newSession(study, rater, sheet, language) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const session = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const started = new Date().toISOString();
  return { format: 1, study, rater, sheet, session, language, started, finished: null, comment: "", answers: [], sent: 0 };
}

export function keep(session) {
  write(place(session.study, session.rater), session);
  write(`siebench-study/${session.study}`, { rater: session.rater });
}

// The file of answers: all but what concerns this browser alone.
export function answersFile({ sent, ...answers }) {
  return JSON.stringify(answers, null, 1);
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

function write(key, value) {
  try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private windows: the page itself still has it */ }
}
