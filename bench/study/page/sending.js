// Answers on their way: to `siebench study serve` one by one, to another address when all are given.

import { answersFile, keep } from "./session.js";

const WAITS = [1000, 2000, 5000, 10000, 20000];

async function post(address, content, plain = false) {
  // Plain text needs no permission asked beforehand, which many simple receivers cannot give.
  const type = plain ? "text/plain;charset=UTF-8" : "application/json";
  return fetch(address, { method: "POST", headers: { "Content-Type": type }, body: content, credentials: "omit" });
}

// Asks the server for a sheet. Gives {sheet, answers, finished} as they are stored, {taken: true} where another
// device has the name, or throws.
export async function begin({ study, rater, session }) {
  const answer = await post("session", JSON.stringify({ study, rater, session }));
  if (answer.status === 409) return { taken: true };
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// Sends what is not stored yet, again and again until it is; one request at a time.
export class LabSender {
  #session; #busy = false; #failures = 0; #waiting = null;
  constructor(session, changed) { this.#session = session; this.changed = changed; }

  get done() { return this.#session.finished !== null && this.#session.sent > this.#session.answers.length; }

  async push() {
    if (this.#busy || this.done) return;
    const session = this.#session;
    const from = Math.min(session.sent, session.answers.length);
    if (session.finished === null && from === session.answers.length) return;
    const { study, rater, session: token, finished, comment } = session;
    this.#busy = true;
    try {
      const body = { study, rater, session: token, from, answers: session.answers.slice(from), finished, comment };
      const answer = await post("answers", JSON.stringify(body));
      // Another tab answered meanwhile: what is stored counts, and a new start goes on from it.
      if (answer.status === 409) return location.reload();
      if (!answer.ok) throw new Error(await answer.text());
      const { stored, finished: ended } = await answer.json();
      session.sent = stored + (ended ? 1 : 0); // one more than there are: the end is stored, too
      keep(session);
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    }
    this.#busy = false;
    this.changed(this.#failures > 2);
    if (this.#failures) this.#later();
    else this.push();
  }

  #later() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.push(), WAITS[Math.min(this.#failures, WAITS.length) - 1]);
  }
}

// Sends the whole file once; true where the receiver took it.
export async function sendFile(address, session) {
  try { return (await post(address, answersFile(session), true)).ok; } catch { return false; }
}

export function downloadFile(session) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([answersFile(session)], { type: "application/json" }));
  link.download = `answers-${session.rater}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
