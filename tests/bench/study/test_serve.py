"""The server of a lab, over real sockets."""

import http.client
import json
import threading

import pytest

from bench.core.errors import BadInput
from bench.study.serve import BODY_BYTES, StudyServer
from tests.bench.study.conftest import answered
from tests.bench.study.crash import crash


@pytest.fixture
def server(study, tmp_path):
    served = StudyServer(study.folder, port=0, answers=tmp_path / "answers")
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join()


def ask(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def post(server, path, content, headers=None):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    status, said, _ = ask(server, "POST", path, body, headers)
    return status, json.loads(said)


@pytest.fixture
def who(study):
    return {"study": study.manifest.study, "rater": "anna", "session": "a" * 32}


def test_it_serves_the_study_and_its_page_sends_answers_back(server, study):
    status, page, headers = ask(server, "GET", "/?rater=anna")
    assert status == 200
    assert b'<meta name="answers" content="lab">' in page
    assert headers["X-Content-Type-Options"] == "nosniff"
    image = sorted(study.manifest.images())[0]
    status, content, headers = ask(server, "GET", f"/images/{image}.png")
    assert content == (study.folder / f"images/{image}.png").read_bytes()
    assert headers["Content-Type"] == "image/png"
    assert ask(server, "HEAD", "/study.css")[:2] == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../pairs.key.json", "/..%2fpairs.key.json", "/%2e%2e/pairs.key.json", "/images/", "/images",
        "//etc/passwd", "/images/../manifest.json", "/answers", "/anna.json", "/manifest.json/",
        "/images/none.png", "/study.js%00.png",
    ],
)  # fmt: skip
def test_nothing_but_the_study_s_own_files_is_served(server, path):
    assert ask(server, "GET", path)[0] == 404


def test_answers_are_stored_when_they_are_acknowledged(server, study, key, who, tmp_path):
    status, begun = post(server, "/session", who)
    assert (status, begun["answers"], begun["finished"]) == (200, [], None)
    answers = [one.model_dump() for one in answered(study.manifest, key, begun["sheet"]).answers]
    status, said = post(server, "/answers", {**who, "from": 0, "answers": answers[:4]})
    assert (status, said) == (200, {"stored": 4, "finished": False})
    stored = json.loads((tmp_path / "answers/answers-anna.json").read_text())
    assert stored["answers"] == answers[:4]
    end = {
        "from": 4,
        "answers": answers[4:],
        "finished": "2026-01-02T03:04:05.678Z",
        "comment": "ok",
    }
    assert post(server, "/answers", {**who, **end})[1]["finished"] is True
    assert post(server, "/session", who)[1]["answers"] == answers


def test_what_is_wrong_is_refused_with_its_status(server, study, key, who):
    answers = [one.model_dump() for one in answered(study.manifest, key, 0).answers]
    batch = {**who, "from": 0, "answers": answers[:1]}
    assert post(server, "/answers", batch)[0] == 400  # has not begun
    assert post(server, "/session", who)[0] == 200
    for content, status in (
        (b"{", 400), (b"[]", 400), (b"\xff", 400), (b"[" * 5000, 400),
        ({**batch, "study": "0" * 32}, 400),
        ({**batch, "from": -1}, 400),
        ({**batch, "extra": 1}, 400),
        ({**batch, "answers": answers[1:2]}, 400),
        ({**batch, "session": "b" * 32}, 409),
        ({**batch, "comment": "x" * 5000}, 400),
        (b" " * (BODY_BYTES + 1), 413),
    ):  # fmt: skip
        assert post(server, "/answers", content)[0] == status, content
    assert post(server, "/elsewhere", batch)[0] == 404
    assert ask(server, "PUT", "/answers", b"{}")[0] == 501
    assert post(server, "/answers", batch) == (200, {"stored": 1, "finished": False})


def test_a_full_disk_is_said_without_a_path_and_the_same_answers_are_taken_later(
    server, study, key, who, monkeypatch, capfd
):
    answers = [one.model_dump() for one in answered(study.manifest, key, 0).answers]
    batch = {**who, "from": 0, "answers": answers[:1]}
    assert post(server, "/session", who)[0] == 200

    def full(path, value):
        raise BadInput(f"{path}: cannot be written (No space left on device); free some space")

    with monkeypatch.context() as patched:
        patched.setattr("bench.study.store.write_json", full)
        status, said = post(server, "/answers", batch)
    assert (status, "/" in said["error"]) == (503, False)
    assert "free some space" in capfd.readouterr().err
    assert post(server, "/answers", batch) == (200, {"stored": 1, "finished": False})


def test_a_page_of_another_site_cannot_answer(server, who):
    assert post(server, "/session", who, {"Origin": "https://elsewhere.example"})[0] == 403
    host = ":".join(map(str, server.server_address[:2]))
    assert post(server, "/session", who, {"Origin": f"http://{host}"})[0] == 200


def test_a_body_without_a_length_is_not_read(server):
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    connection.putrequest("POST", "/answers")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_answers_never_lie_in_the_folder_that_is_served(study):
    with pytest.raises(BadInput, match="lies in the study's folder"):
        StudyServer(study.folder, port=0, answers=study.folder / "answers")


def test_an_address_in_use_is_one_sentence(server, study, tmp_path):
    port = server.server_address[1]
    with pytest.raises(BadInput, match="give another --port"):
        StudyServer(study.folder, port=port, answers=tmp_path / "others")


def test_a_server_that_is_killed_loses_nothing_that_it_acknowledged(study, tmp_path):
    found = crash(study.folder, tmp_path / "answers", raters=6)
    assert found.finished == 6
    assert len(found.acknowledged) > 80
    assert found.retries > 0
    assert found.lost == []
