# SPDX-License-Identifier: Apache-2.0
"""Compares `orrery memory` with three DRAM simulators; the table of docs/validation/memory.md."""

import csv
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data" / "memory_traces"
PAGE = ROOT / "docs" / "validation" / "memory.md"
EXECUTABLE = pathlib.Path(
    os.environ.get("ORRERY_EXECUTABLE", ROOT / "build" / "release" / "orrery")
)
BEGIN, END = "<!-- table begin -->", "<!-- table end -->"
REQUESTS = 10_000
BURST = 64
SIMULATORS = ["DRAMsim3", "Ramulator 2.1", "DRAMSys"]
# From one row of a bank to the next: 16 banks of 8 KiB or of 2 KiB.
ROW_STRIDE = {"ddr4_2400": 16 * 8192, "hbm2": 16 * 2048}
# Cycles: tRC, tRCD, CL, burst.
CLOSED_FORM = {"ddr4_2400": (56, 17, 17, 4), "hbm2": (48, 14, 14, 2)}
RANDOM = {"ddr4_2400": "ddr4_random_10000.txt.gz", "hbm2": "hbm2_random_10000.txt.gz"}


@dataclasses.dataclass
class Case:
    """One trace on one device; `totals` are those of SIMULATORS, in cycles."""

    device: str
    refresh: str
    trace: str
    totals: list[int]

    @property
    def tolerance(self) -> float:
        """By how much the range is widened: 1 %, with refresh or writes 2 %."""
        return 0.02 if self.refresh == "on" or self.trace == "seqw" else 0.01

    @property
    def least(self) -> float:
        return min(self.totals) * (1 - self.tolerance)

    @property
    def most(self) -> float:
        return max(self.totals) * (1 + self.tolerance)

    @property
    def exact(self) -> int | None:
        """The closed form, where there is one: every read opens a row of the same bank."""
        if self.trace != "rowstride" or self.refresh != "off":
            return None
        row_cycle, row_to_column, latency, burst = CLOSED_FORM[self.device]
        return (REQUESTS - 1) * row_cycle + row_to_column + latency + burst

    def holds(self, cycles: int) -> bool:
        return self.least <= cycles <= self.most and self.exact in (None, cycles)


def cases() -> list[Case]:
    with (DATA / "peers.csv").open(newline="") as file:
        return [
            Case(
                row["device"],
                row["refresh"],
                row["trace"],
                [int(row[simulator]) for simulator in SIMULATORS],
            )
            for row in csv.DictReader(file)
        ]


def write_trace(case: Case, folder: pathlib.Path) -> pathlib.Path:
    """The regular traces follow from their rule; the random ones are files."""
    if case.trace == "random":
        return DATA / RANDOM[case.device]
    stride = ROW_STRIDE[case.device] if case.trace == "rowstride" else BURST
    direction = "W" if case.trace == "seqw" else "R"
    path = folder / f"{case.device}_{case.trace}.txt"
    path.write_text("".join(f"{i * stride:#x} {direction}\n" for i in range(REQUESTS)))
    return path


def run(standard: str, trace: pathlib.Path, refresh: str, *options: str) -> dict:
    """memory.json of a run with the controller of the comparison."""
    policy = {"on": "all_bank", "off": "none"}[refresh]
    command = [EXECUTABLE, "memory", standard, trace, "--json", "--check", *options]
    for setting in [
        f"refresh_policy={policy}",
        "page_policy=open",
        "scheduler=fr_fcfs",
        "scheduler_buffer=read_write",
        "request_buffer_size=32",
    ]:
        command += ["--set", f"controller.{setting}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def cycles_of(case: Case, folder: pathlib.Path) -> int:
    result = run(f"comparison_{case.device}", write_trace(case, folder), case.refresh)
    return result["time"]["cycles"]


def row_of(case: Case, cycles: int) -> str:
    others = " | ".join(f"{total:,}" for total in case.totals)
    verdict = "outside"
    if case.holds(cycles):
        verdict = "within" if case.exact is None else "within, and the closed form"
    return (
        f"| {case.device} | {case.refresh} | {case.trace} | {others} | "
        f"{case.least:,.0f} to {case.most:,.0f} | {cycles:,} | {verdict} |"
    )


def main() -> int:
    rows = []
    outside = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            cycles = cycles_of(case, pathlib.Path(folder))
            rows.append(row_of(case, cycles))
            outside += not case.holds(cycles)
            print(rows[-1])
    names = " | ".join(SIMULATORS)
    table = (
        f"| device | refresh | trace | {names} | range | Orrery | verdict |\n"
        + "|---|---|---|"
        + "--:|" * (len(SIMULATORS) + 2)
        + "---|\n"
        + "\n".join(rows)
    )
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
