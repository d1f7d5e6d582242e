"""The server over a folder of runs, over real sockets."""

from __future__ import annotations

import html
import http.client
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from bench.core.errors import BadInput
from bench.run.reader import read_run
from reports.report import report
from reports.view import ViewServer
from tests.reports.made_run import HOSTILE
from tests.reports.view.conftest import change, served


def ask(server: ViewServer, path: str, method: str = "GET", headers: dict | None = None):
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=20)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def said(server: ViewServer, path: str):
    status, content, _ = ask(server, path)
    return status, json.loads(content)


def listed(server: ViewServer) -> dict[str, dict]:
    return {run["id"]: run for run in said(server, "/api/runs")[1]["runs"]}


def test_every_run_of_the_folder_is_listed_with_how_far_it_is(server: ViewServer):
    runs = listed(server)
    assert list(runs) == ["broken", "first", "lab/second", "third"]
    assert runs["first"]["state"] == "done"
    assert runs["first"]["methods"] == ["Copy (oracle)", "Diffusion", "Nearest", "Broken"]
    assert runs["first"]["failed"] == ["Broken"]
    third = runs["third"]  # ten scenes with two edits each and three methods; nobody is at work
    assert (third["state"], third["of"], third["done"]) == ("stopped", 60, 0)
    assert runs["broken"]["state"] == "unreadable"
    assert "is no JSON" in runs["broken"]["problem"]


def test_what_makes_a_run_suspect_counts_once_for_all_its_tasks(server: ViewServer, runs: Path):
    bad = {"kind": "bad", "what": "method", "name": "nearest", "text": "nearest is odd"}
    tasks = [task.name for task in read_run(runs / "first").header.tasks]
    change(runs / "first", notices=[{**bad, "task": task} for task in tasks])
    assert (len(tasks), listed(server)["first"]["suspect"]) == (2, 1)


def test_a_run_that_comes_or_changes_is_seen(server: ViewServer, runs: Path):
    assert listed(server)["first"]["title"] == "A made run"
    change(runs / "first", title="Another title")
    (runs / "first").rename(runs / "moved")
    found = listed(server)
    assert "first" not in found
    assert found["moved"]["title"] == "Another title"


def test_an_answer_that_has_not_changed_is_not_sent_again(server: ViewServer):
    status, content, headers = ask(server, "/api/runs")
    assert status == 200
    again = ask(server, "/api/runs", headers={"If-None-Match": headers["ETag"]})
    assert again[:2] == (304, b"")
    assert content


def test_scores_are_those_of_the_tables(server: ViewServer, runs: Path):
    _, found = said(server, "/api/scores?run=lab%2Fsecond")
    assert not found["so_far"]
    table = found["tables"][0]
    assert table["title"] == "Drawn scenes, free-form"
    titles = [column["title"] for column in table["columns"]]
    row = next(row for row in table["rows"] if row["method"] == "Diffusion")
    frame = read_run(runs / "lab" / "second").scores
    value = frame.query("method == 'diffusion' and metric == 'psnr-hole'")["value"].iloc[0]
    assert row["cells"][titles.index("PSNR, masked region")]["text"] == f"{value:.2f}"


def test_a_run_under_way_has_the_means_so_far_and_no_ranks(server: ViewServer, runs: Path):
    _, found = said(server, "/api/scores?run=third")
    assert found["so_far"]
    (table,) = found["tables"]
    samples = read_run(runs / "third").samples("scenes / free-form")
    own = samples.query("method == 'diffusion'")["psnr-hole"]
    row = next(row for row in table["rows"] if row["method"] == "Diffusion")
    titles = [column["title"] for column in table["columns"]]
    cell = row["cells"][titles.index("PSNR, masked region")]
    assert cell["text"] == f"{own.mean():.2f}"
    assert (cell["n"], cell["rank"]) == (8, 0)
    assert cell["interval"]


def test_two_runs_stand_side_by_side_with_the_paired_difference(server: ViewServer):
    _, found = said(server, "/api/pair?before=first&after=lab%2Fsecond")
    assert found["problem"] == ""
    task = found["tasks"][0]
    one = next(
        row
        for row in task["scores"]
        if (row["method"], row["score"]) == ("Diffusion", "PSNR, masked region")
    )
    # 5 dB, and 0.1 more or less by turns: over ten edits 5.01.
    assert one["difference"] == pytest.approx(5.01)
    assert one["after"] - one["before"] == pytest.approx(5.01)
    assert 4.9 < one["low"] < 5.01 < one["high"] < 5.1
    assert one["verdict"] == "better"
    assert [text for text in found["alone"] if text.startswith("Nearest is not compared: 1 edit")]
    nearest = next(row for row in task["scores"] if row["method"] == "Nearest")
    assert "difference" not in nearest
    edit = task["edits"][0]
    old, new = edit["values"][1]
    assert new - old == pytest.approx(5.1, abs=1e-3)


def test_an_infinite_score_stands_beside_a_finite_one(server: ViewServer, runs: Path):
    for file in (runs / "lab" / "second").rglob("*.parquet"):
        table = pd.read_parquet(file)
        if "psnr-hole" in table:
            table.loc[table["method"] == "diffusion", "psnr-hole"] = math.inf
        if "metric" in table and "low" in table:
            own = (table["method"] == "diffusion") & (table["metric"] == "psnr-hole")
            table.loc[own, ["value", "low", "high"]] = [math.inf, None, None]
        table.to_parquet(file)
    _, found = said(server, "/api/pair?before=first&after=lab%2Fsecond")
    score = ("Diffusion", "PSNR, masked region")
    one = next(
        r for task in found["tasks"] for r in task["scores"] if (r["method"], r["score"]) == score
    )
    assert (one["after"], one["difference"]) == ("inf", "inf")
    assert one["verdict"] in ("better", "undecided")
    assert "low" not in one
    pair = found["tasks"][0]["edits"][0]["values"][1]
    assert pair[1] == "inf"
    assert isinstance(pair[0], float)


def test_runs_that_share_nothing_say_so(server: ViewServer, runs: Path):
    content = json.loads((runs / "third" / "run.json").read_text())
    content["tasks"][0]["name"] = "elsewhere"
    change(runs / "third", tasks=content["tasks"])
    status, found = said(server, "/api/pair?before=first&after=third")
    assert status == 404
    assert "no task in common" in found["error"]


def test_the_report_that_lies_there_is_served_with_its_images(server: ViewServer, runs: Path):
    report(runs / "lab" / "second")
    status, page, _ = ask(server, "/run/lab%2Fsecond/report/")
    assert status == 200
    assert page == (runs / "lab/second/report/index.html").read_bytes()
    image = "predictions/task-0/diffusion/scene-0000.0.png"
    status, content, headers = ask(server, f"/run/lab%2Fsecond/{image}")
    assert content == (runs / "lab" / "second" / image).read_bytes()
    assert headers["Content-Type"] == "image/png"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    # `siebench run --fresh METHOD` makes it again under the same name.
    assert headers["Cache-Control"] == "no-cache"
    status, content, _ = ask(server, "/run/first/failures/task-0/nearest/0123456789ab.txt")
    assert (status, content[:9]) == (200, b"Traceback")
    status, _, headers = ask(server, "/run/lab%2Fsecond/report")
    assert (status, headers["Location"]) == (301, "/run/lab%2Fsecond/report/")


def test_a_run_without_a_report_gets_one_that_is_not_written(server: ViewServer, runs: Path):
    before = sorted(runs.rglob("*"))
    status, page, _ = ask(server, "/run/third/report/")
    assert status == 200
    assert b"not finished" in page
    assert b'"root":".."' in page
    assert sorted(runs.rglob("*")) == before


def test_a_report_that_was_written_before_a_run_had_tables_is_not_served(
    server: ViewServer, runs: Path
):
    written = report(runs / "third")
    written.write_bytes(written.read_bytes().replace(b"A run that goes on", b"As it was then"))
    assert b"As it was then" not in ask(server, "/run/third/report/")[1]


def test_a_folder_that_is_itself_a_run_is_served_under_no_name(runs: Path):
    with served(runs / "first") as server:
        assert list(listed(server)) == ["."]
        assert ask(server, "/run//report/")[0] == 200
        assert ask(server, "/run//edits/task-0/scene-0000.0/mask.png")[0] == 200
        assert ask(server, "/run/")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/run/first/run.json",
        "/run/first/samples/task-0/00000.parquet",
        "/run/first/edits/../run.json",
        "/run/first/edits/..%2Frun.json",
        "/run/first/edits/%2E%2E/run.json",
        "/run/..%2F..%2Fetc/report/",
        "/run/first/report/..%2F..%2F..%2F..%2Fetc%2Fpasswd",
        "/run/first/edits/task-0",
        "/run/nothing/report/",
        "/run/first",
        "/../first/run.json",
        "/run/",
        "/first/run.json",
    ],
)
def test_nothing_but_what_a_report_shows_is_served(server: ViewServer, path: str):
    assert ask(server, path)[0] == 404


def test_a_link_out_of_the_run_is_not_followed(server: ViewServer, runs: Path, tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret")
    (runs / "first" / "edits" / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert ask(server, "/run/first/edits/link.txt")[0] == 404


def test_a_request_by_another_name_is_refused(server: ViewServer):
    status, _, _ = ask(server, "/api/runs", headers={"Host": "evil.example"})
    assert status == 403
    port = server.server_address[1]
    assert ask(server, "/", headers={"Host": f"localhost:{port}"})[0] == 200
    assert server.server_address[0] == "127.0.0.1"


def test_only_reading_is_answered(server: ViewServer):
    assert ask(server, "/api/runs", method="POST")[0] == 501
    assert ask(server, "/", method="HEAD")[:2] == (200, b"")
    assert said(server, "/api/scores")[0] == 400


def test_names_of_runs_are_data_of_the_page_and_never_its_markup(server: ViewServer):
    page = ask(server, "/")[1].decode()
    assert HOSTILE not in page
    assert "script-src 'sha256-" in html.unescape(page)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path):
    with pytest.raises(BadInput, match="there is no such folder; give one that holds runs"):
        ViewServer(tmp_path / "nowhere")


def test_a_port_that_is_taken_is_one_sentence(server: ViewServer, runs: Path):
    with pytest.raises(BadInput, match="cannot be listened at"):
        ViewServer(runs, server.server_address[1])
