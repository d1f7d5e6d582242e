// The study from start to end: who is it, one screen after another, the answers kept and sent.

import * as screens from "./screens.js";
import { LabSender, begin, downloadFile, sendFile } from "./sending.js";
import { codeOf, isRater, keep, keptSession, lastRater, newSession, raterOf, sheetOf } from "./session.js";

const query = new URLSearchParams(location.search);
const answersTo = document.querySelector("meta[name=answers]").content;
const lab = answersTo === "lab";
const noStudy = document.querySelector("#page .card").textContent;

async function main() {
  const answer = await fetch("manifest.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`manifest.json: ${answer.status}`);
  const manifest = await answer.json();
  const session = await opened(manifest);
  const sender = lab ? new LabSender(session, (failing) => { if (session.finished !== null) end(manifest, session, sender, failing); }) : null;
  sender?.push();
  await ask(manifest, session, sender);
  if (session.finished === null) {
    session.comment = await screens.comment(manifest.texts);
    session.finished = new Date().toISOString();
    keep(session);
  }
  end(manifest, session, sender, false);
  if (sender) sender.push();
  else if (answersTo) await sendAll(manifest, session);
}

// A session of the rater: the one that was begun, or a new one.
async function opened(manifest) {
  const { texts, study } = manifest;
  const named = raterOf(query);
  let rater = named || lastRater(study);
  let wrong = "";
  for (;;) {
    const resumes = rater !== "" && keptSession(study, rater) !== null;
    rater = await screens.welcome(texts, rater, { fixed: named !== "", resumes, wrong });
    if (!isRater(rater)) { wrong = texts.wrong_rater; continue; }
    const session = keptSession(study, rater) ?? newSession(study, rater, sheetOf(query, rater, manifest.sheets.length), texts.language);
    if (lab) {
      const given = await begin(session).catch(() => null);
      if (given === null) { wrong = texts.retry; continue; }
      if (given.taken) { wrong = texts.taken; continue; }
      adopt(session, given);
    }
    keep(session);
    return session;
  }
}

// What the server has stored counts; what it lacks is sent again.
function adopt(session, { sheet, answers, finished }) {
  const mine = JSON.stringify(session.answers.slice(0, answers.length).map(({ screen, choice, ms }) => [screen, choice, ms]));
  if (mine !== JSON.stringify(answers.map(({ screen, choice, ms }) => [screen, choice, ms]))) {
    session.answers = answers;
    session.finished = finished;
  }
  session.sheet = sheet;
  session.sent = answers.length + (finished ? 1 : 0);
}

async function ask(manifest, session, sender) {
  const sheet = manifest.sheets[session.sheet];
  while (session.answers.length < sheet.length) {
    const at = session.answers.length;
    const name = sheet[at];
    const screen = manifest.screens[name];
    const asked = screens.question(manifest, screen, choicesOf(manifest, screen), at, sheet.length);
    // The next images load while these are looked at.
    const next = manifest.screens[sheet[at + 1]];
    if (next) screens.namesOf(next).forEach((one) => screens.load(one).catch(() => {}));
    const { choice, ms } = await asked;
    session.answers.push({ screen: name, choice, ms });
    keep(session);
    sender?.push();
  }
}

// As `bench.study.form.choices` has them.
function choicesOf({ form, ties }, screen) {
  if (form === "timed") return ["real", "edited"];
  if (form === "opinion") return ["1", "2", "3", "4", "5"];
  const letters = [..."ABCDEFGH"].slice(0, screen.images.length);
  return ties && form === "pair" ? [letters[0], "tie", letters[1]] : letters;
}

function end(manifest, session, sender, failing) {
  const state = sender === null ? (answersTo ? "sending" : "download") : sender.done ? "stored" : failing ? "failed" : "sending";
  screens.goodbye(manifest.texts, state, codeOf(query), () => downloadFile(session));
}

async function sendAll(manifest, session) {
  const stored = session.sent > 0 || await sendFile(answersTo, session);
  if (stored) { session.sent = 1; keep(session); }
  screens.goodbye(manifest.texts, stored ? "stored" : "failed", codeOf(query), () => downloadFile(session));
}

main().catch(() => screens.trouble(noStudy));
