# SPDX-License-Identifier: Apache-2.0
"""Host times of short runs, and the speed-up of a sweep on two workers."""

import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
ORRERY = BUILD / "orrery"
WORKLOAD = "tiny_gemm"
RUNS = 41

# 32 points of some tenths of a second each.
SWEEP = """
parameters:
  platform: [edge, tpu_like]
  platform.engines.array.rows: [8, 16, 32, 64]
  mapping.dataflow: [os, ws]
  workload: [densenet121, resnet50]
"""
SPIN = "total = 0\nfor number in range(int(__import__('sys').argv[1])):\n    total += number"
SPIN_STEPS = 60_000_000


def seconds_of(commands: list[list]) -> float:
    """From the start of the first to the end of the last."""
    begin = time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    for process in running:
        if process.wait() != 0:
            sys.exit(f"{process.args} ended with {process.returncode}")
    return time.perf_counter() - begin


def spin(processes: int) -> float:
    """The same steps by one process or divided among several."""
    command = [sys.executable, "-S", "-c", SPIN, str(SPIN_STEPS // processes)]
    return seconds_of([command] * processes)


def sweep(workers: int, folder: pathlib.Path) -> float:
    file = folder / "sweep.yaml"
    file.write_text(SWEEP)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        options = ["-o", out, "-j", str(workers), "--no-figures"]
        return seconds_of([[ORRERY, "sweep", file, *options]])


def measure_scaling(rounds: int) -> None:
    """All four in each round, one after the other: what else the machine does hits all alike."""
    shares = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, rounds + 1):
            spins = [spin(1), spin(2)]
            sweeps = [sweep(1, pathlib.Path(folder)), sweep(2, pathlib.Path(folder))]
            machine, ours = spins[0] / spins[1], sweeps[0] / sweeps[1]
            shares.append(ours / machine)
            print(
                f"round {number}: spin loops {spins[0]:.2f} s, {spins[1]:.2f} s: x{machine:.3f}; "
                f"sweep {sweeps[0]:.2f} s, {sweeps[1]:.2f} s: x{ours:.3f}; {shares[-1]:.1%}",
                flush=True,
            )
    print(f"two workers: {statistics.median(shares):.1%} of the machine's speed-up (median)")


def processor_seconds(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def measure(title: str, who: int, work: Callable[[], object]) -> None:
    """Both times: only that of the processor means something on a busy machine."""
    wall, processor = [], []
    for _ in range(RUNS):
        before, begin = processor_seconds(who), time.perf_counter()
        work()
        wall.append(time.perf_counter() - begin)
        processor.append(processor_seconds(who) - before)
    print(
        f"{title}: {statistics.median(wall) * 1e3:.1f} ms, "
        f"{statistics.median(processor) * 1e3:.1f} ms of the processor (medians of {RUNS})",
        flush=True,
    )


def measure_small_run() -> None:
    sys.path[:0] = [str(ROOT / "python"), str(BUILD / "python")]
    import orrery

    command = [ORRERY, "run", "-p", "edge", "-w", WORKLOAD]
    title = f"{WORKLOAD} on edge"
    measure(f"{title}, process and all", resource.RUSAGE_CHILDREN, lambda: seconds_of([command]))
    orrery.run("edge", WORKLOAD)  # loads the module
    measure(
        f"{title}, from Python in process",
        resource.RUSAGE_SELF,
        lambda: orrery.run("edge", WORKLOAD).cycles,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    measure_small_run()
    measure_scaling(arguments.rounds)


if __name__ == "__main__":
    main()
