# SPDX-License-Identifier: Apache-2.0
"""Sweeps on a Dask cluster: the same points, store and exports, whatever happens to its workers."""

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import distributed
import orrery
import pytest
from conftest import EXECUTABLE, PACKAGE_PATHS, ROOT
from orrery.cluster import points, serve

EXPORTS = ["sweep.json", "results.csv", "results.parquet", "sweep.md"]

# 48 points, some of which fail as they are lowered or read command streams.
SWEEP = """
parameters:
  platform: [edge, tpu_like]
  platform.engines.array.rows: [8, 16, 32, 64]
  mapping.dataflow: [os, ws]
  workload: [alexnet, resnet18, LARGE]
objectives: {seconds: minimize, picojoules: minimize}
""".replace("LARGE", f"{ROOT}/tests/bad_input/cli_model_larger_than_memory.yaml")


def exports(folder) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in EXPORTS}


def stored(folder) -> list[tuple[str, int]]:
    """(status, attempts) of each point."""
    with contextlib.closing(sqlite3.connect(folder / "store.sqlite")) as database:
        return database.execute("SELECT status, attempts FROM point").fetchall()


def wait_until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Cluster:
    """`dask scheduler` and `dask worker` as processes, as on the machines of a real one."""

    def __init__(self, folder, failures):
        self._stack = contextlib.ExitStack()
        self._folder = folder
        file = folder / "scheduler.json"
        options = ["--port", "0", "--no-dashboard", "--scheduler-file", file]
        self.scheduler = self._start(
            "scheduler", *options, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=failures
        )
        wait_until(file.exists)
        self.address = json.loads(file.read_text())["address"]
        self.workers = []

    def add_worker(self, **environment):
        worker = self._start("worker", self.address, "--no-nanny", "--nthreads", "1", **environment)
        self.workers.append(worker)

    def close(self):
        self._stack.close()

    def _start(self, kind, *arguments, **environment):
        paths = {"PYTHONPATH": os.pathsep.join(PACKAGE_PATHS)}
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", kind, *map(str, arguments), "--host", "127.0.0.1"],
            cwd=self._folder,
            env={**os.environ, **paths, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


# Its parameter: how many lost workers a point survives.
@pytest.fixture
def cluster(tmp_path, request):
    (tmp_path / "cluster").mkdir()
    started = Cluster(tmp_path / "cluster", getattr(request, "param", "3"))
    yield started
    started.close()


@pytest.fixture
def sweep(run_points):
    return functools.partial(run_points, "sweep")


@pytest.fixture
def start(tmp_path):
    """Begins `orrery sweep` on the file of `sweep`, elsewhere."""

    def call(*options, **arguments):
        command = [EXECUTABLE, "sweep", tmp_path / "example.yaml", "-o", tmp_path / "remote"]
        return subprocess.Popen(
            [*command, "--no-figures", *options],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **arguments,
        )

    return call


def count_done(folder, scratch) -> int:
    """Points that are done in a store that another process has to itself."""
    scratch.mkdir(exist_ok=True)
    for name in ("store.sqlite", "store.sqlite-wal"):
        if not (folder / name).exists():
            return 0
        shutil.copy(folder / name, scratch)
    with contextlib.suppress(sqlite3.DatabaseError):  # copied in the middle of a change
        return sum(status == "done" for status, _ in stored(scratch))
    return 0


def test_kills_of_sweep_and_worker_change_no_byte(sweep, start, cluster, tmp_path):
    local = sweep(SWEEP, "--no-figures", folder="local")
    assert local.code == 1
    remote = tmp_path / "remote"
    for _ in range(2):
        cluster.add_worker()

    killed = start("--cluster", cluster.address)
    wait_until(lambda: count_done(remote, tmp_path / "copy") > 3)
    killed.kill()
    killed.communicate()
    first = stored(remote)
    assert {"done", "pending"} <= {status for status, _ in first}

    resumed = start("--cluster", cluster.address)
    done = sum(status == "done" for status, _ in first)
    wait_until(lambda: count_done(remote, tmp_path / "copy") > done)
    cluster.workers[0].send_signal(signal.SIGKILL)
    assert resumed.poll() is None
    _, errors = resumed.communicate(timeout=60)
    assert resumed.returncode == 1, errors
    assert exports(remote) == exports(local.folder)
    points = stored(remote)
    assert {status for status, _ in points} == {"done", "failed"}
    # Only what was in flight as the sweep was killed; lost points start again by themselves.
    assert {attempts for _, attempts in points} == {1, 2}
    in_flight = sum(status == "pending" and attempts == 1 for status, attempts in first)
    assert sum(attempts for _, attempts in points) == len(points) + in_flight


def test_scheduler_that_is_lost_ends_the_sweep_in_order(sweep, start, cluster, tmp_path):
    (tmp_path / "example.yaml").write_text(SWEEP)
    cluster.add_worker()
    process = start("--cluster", cluster.address)
    wait_until(lambda: count_done(tmp_path / "remote", tmp_path / "copy") > 0)
    cluster.scheduler.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.startswith("error: the cluster's scheduler is gone: ")
    assert {"done", "pending"} <= {status for status, _ in stored(tmp_path / "remote")}


def test_client_of_python_runs_streams_and_keeps_limits(orrery_call, cluster, tmp_path):
    lowered = orrery.lower("edge", "tiny_gemm")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "tiny.txt").write_text(lowered)
    (tmp_path / "folder" / "wrong.txt").write_text(lowered.replace("move", "remove", 1))
    (tmp_path / "mixed.yaml").write_text("""
base: {platform: edge}
axes:
  form:
    values:
      - {label: stream, streams: [folder/tiny.txt]}
      - {label: wrong stream, streams: [folder/wrong.txt]}
      - {label: workload, workload: tiny_gemm}
      - {label: long, workload: llama2_7b_prefill}
metrics: {cycles: latency.cycles}
""")
    options = {"limit_seconds": 1.5}
    local = orrery.study(tmp_path / "mixed.yaml", tmp_path / "local", **options)
    cluster.add_worker()
    with distributed.Client(cluster.address) as client:
        remote = orrery.study(
            tmp_path / "mixed.yaml", tmp_path / "remote", client=client, **options
        )
    assert remote.json == local.json
    assert list(remote.points["status"]) == ["done", "failed", "done", "failed"]
    assert remote.points["error"][1].startswith(f"{tmp_path}/folder/wrong.txt:")
    assert remote.points["error"][3] == "stopped at the time limit of 1.5 s"


@pytest.mark.parametrize("cluster", ["0"], indirect=True)  # no second chance: a shorter test
def test_point_whose_workers_are_lost_has_failed(cluster, monkeypatch):
    # What the workers execute is the request itself.
    monkeypatch.setattr(points, "run", exec)
    cluster.add_worker()
    ours, its = socket.socketpair()
    with distributed.Client(cluster.address) as client, ours:
        server = threading.Thread(target=serve, args=(client, its))
        server.start()
        lines = ours.makefile("r")
        while json.loads(lines.readline()) != {"slots": 2}:
            pass
        request = {"job": 7, "request": "import os; os._exit(1)"}
        ours.sendall(json.dumps(request).encode() + b"\n")
        while "answer" not in (message := json.loads(lines.readline())):
            assert message == {"slots": 0}
        assert message["job"] == 7
        assert json.loads(message["answer"])["ending"] == "1 worker was lost with it"
        ours.shutdown(socket.SHUT_RDWR)
        server.join()


def test_worker_of_another_release_takes_no_point():
    ours, its = socket.socketpair()
    with its:
        paths = {"PYTHONPATH": os.pathsep.join(PACKAGE_PATHS)}
        command = [sys.executable, "-m", "orrery.cluster.points", "0"]
        process = subprocess.Popen(command, stdin=its, env={**os.environ, **paths})
    with ours:
        ours.sendall(b'{"program": "0.0.1 (older)"}\n')
        answer = json.loads(ours.makefile("r").readline())
    assert process.wait(timeout=30) == 0
    assert re.fullmatch(
        r"the workers on '.+' have Orrery .+, this is 0.0.1 \(older\); expected the same .+",
        answer["refusal"],
    )


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (
            {"job": 0, "answer": '{"refusal": "the workers have another"}'},
            "the workers have another",
        ),
        ({"error": "the scheduler is gone"}, "the scheduler is gone"),
        (None, "the connection to the cluster has ended"),
    ],
)
def test_failing_cluster_loses_nothing(sweep, start, tmp_path, says, error):
    text = SWEEP.replace("alexnet, resnet18", "tiny_conv, tiny_gemm")
    (tmp_path / "example.yaml").write_text(text)
    ours, its = socket.socketpair()
    with its:
        process = start("--cluster", f"fd:{its.fileno()}", pass_fds=[its.fileno()])
    with ours:
        ours.sendall(b'{"slots": 1}\n')
        asked = json.loads(ours.makefile("r").readline())
        if says:
            ours.sendall(json.dumps({"job": asked["job"]} | says).encode() + b"\n")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors.startswith("error: ")
    assert error in errors
    assert "48 of them run now" in sweep(text, "--no-figures", folder="remote").stdout


def test_points_that_touch_most_bytes_start_first(start, tmp_path):
    models = ["tiny_gemm", "squeezenet1_1", "vgg16", "alexnet"]
    (tmp_path / "example.yaml").write_text(
        f"base: {{platform: edge}}\nparameters: {{workload: {models}}}\n"
    )
    ours, its = socket.socketpair()
    with its:
        process = start("--cluster", f"fd:{its.fileno()}", pass_fds=[its.fileno()])
    with ours:
        ours.sendall(b'{"slots": 4}\n')
        lines = ours.makefile("r")
        jobs = [json.loads(lines.readline())["job"] for _ in models]
        ours.shutdown(socket.SHUT_RDWR)
    process.communicate(timeout=30)
    assert [models[job] for job in jobs] == ["vgg16", "alexnet", "squeezenet1_1", "tiny_gemm"]


def test_scheduler_that_is_not_there_is_named(sweep):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        outcome = sweep(SWEEP, "--cluster", address)
    assert outcome.code == 2
    assert f"no Dask scheduler answers at {address}" in outcome.stderr


def test_cluster_without_its_package_says_what_to_install(tmp_path):
    outcome = subprocess.run(
        [
            EXECUTABLE,
            "sweep",
            "array_shape",
            "--cluster",
            "tcp://127.0.0.1:1",
            "-o",
            tmp_path / "o",
        ],
        cwd=ROOT,
        env={**os.environ, "ORRERY_PYTHON": "/usr/bin/python3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 2
    assert "pip install 'orrery[cluster]'" in outcome.stderr
