"""Many raters at once on `siebench study serve`, which is killed in the middle and started again.

    python -m tests.bench.study.crash STUDY [RATERS]

serves the study with a new folder of answers, lets raters answer as fast as they can, kills the server
(SIGKILL) twice, and says how many acknowledged answers are not on the disk in the end: none should be.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.study.answers import read_answers
from bench.study.manifest import Manifest, read_manifest

WHEN = "2026-01-02T03:04:05Z"


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        acknowledged: answers that the server said are stored, by (rater, number).
        lost: those of them that are not on the disk.
        finished: raters who came to the end.
        retries: requests that a dead server did not answer.
    """

    acknowledged: dict[tuple[str, int], str] = field(default_factory=dict)
    lost: list[tuple[str, int]] = field(default_factory=list)
    finished: int = 0
    retries: int = 0


def started(folder: Path, answers: Path, port: int) -> tuple[subprocess.Popen[str], int]:
    """A server of its own process, and its port."""
    command = [sys.executable, "-m", "siebench", "study", "serve", str(folder)]
    command += ["--port", str(port), "--answers", str(answers)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    return server, urlsplit(line.split()[1]).port or 0


def send(port: int, path: str, content: dict) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", f"/{path}", json.dumps(content))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def rate(
    number: int, port: int, manifest: Manifest, outcome: Outcome, lock: threading.Lock
) -> None:
    """A rater, who tries again where nobody answers, as the page does."""
    draw = random.Random(number)
    who = {"study": manifest.study, "rater": f"r{number}", "session": f"{number:032x}"}

    def sure(path: str, content: dict) -> dict:
        while True:
            try:
                status, answer = send(port, path, content)
            except (OSError, http.client.HTTPException, ValueError):
                with lock:
                    outcome.retries += 1
                time.sleep(0.05 + draw.random() / 5)
                continue
            assert status == 200, answer
            return answer

    sheet = manifest.sheets[sure("session", who)["sheet"]]
    for at, screen in enumerate(sheet):
        choice = draw.choice(manifest.choices(screen))
        answers = [{"screen": screen, "choice": choice, "ms": draw.randrange(5000)}]
        end = {"finished": WHEN} if at == len(sheet) - 1 else {}
        sure("answers", {**who, "from": at, "answers": answers, **end})
        with lock:
            outcome.acknowledged[who["rater"], at] = choice
    with lock:
        outcome.finished += 1


def crash(folder: Path, answers: Path, raters: int, kills: int = 1) -> Outcome:
    """Serves, kills and serves again until every rater is done."""
    manifest, outcome, lock = read_manifest(folder), Outcome(), threading.Lock()
    server, port = started(folder, answers, 0)
    threads = [
        threading.Thread(target=rate, args=(number, port, manifest, outcome, lock), daemon=True)
        for number in range(raters)
    ]
    for thread in threads:
        thread.start()
    every = sum(len(manifest.sheets[n % len(manifest.sheets)]) for n in range(raters))
    for kill in range(kills):
        wanted = every * (kill + 1) // (kills + 2)
        while len(outcome.acknowledged) < wanted:
            time.sleep(0.005)
        server.kill()
        server.wait()
        server, _ = started(folder, answers, port)
    for thread in threads:
        thread.join()
    server.kill()
    server.wait()
    sheets, refused = read_answers(answers.glob("*.json"), manifest)
    assert refused == []
    stored = {(s.rater, at): one.choice for s in sheets for at, one in enumerate(s.answers)}
    outcome.lost = [at for at, choice in outcome.acknowledged.items() if stored.get(at) != choice]
    return outcome


if __name__ == "__main__":
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        found = crash(Path(sys.argv[1]), Path(place) / "answers", count, kills=2)
        print(
            f"{count} raters, {found.finished} finished, {len(found.acknowledged)} answers acknowledged, "
            f"{len(found.lost)} lost, {found.retries} requests tried again, {time.monotonic() - begun:.0f} s"
        )
