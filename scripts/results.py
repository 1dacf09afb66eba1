# SPDX-License-Identifier: Apache-2.0
"""Tables and pictures of the README and docs/results.md, from runs made now."""

import dataclasses
import json
import pathlib
import subprocess

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "results"
IMAGES = ROOT / "docs" / "images"
DATAFLOWS = ["os", "ws", "is"]
BEGIN, END = "<!-- results begin -->", "<!-- results end -->"

# Components of energy as they are shown, in the order of the bars.
GROUPS = {
    "array": ("array.",),
    "accumulators": ("accumulator",),
    "scratchpad": ("scratchpad",),
    "vector unit": ("vector",),
    "fabric": ("fabric",),
    "DRAM": ("memory.",),
    "leakage": ("leakage.",),
}


@dataclasses.dataclass
class Job:
    """One workload on one platform; `limit` explains its limit from the result of the best run."""

    title: str
    platform: str
    workload: str
    limit: object

    @property
    def name(self) -> str:
        return f"{self.workload}_on_{self.platform}"


def layer_sum(result: dict, key: str) -> float:
    return sum(layer[key] for layer in result["layers"])


def memory_seconds(result: dict) -> float:
    """Bytes moved over peak bandwidth, in seconds, of the busiest tier."""
    return max(
        (tier["bytes_read"] + tier["bytes_written"]) / tier["peak_bytes_per_second"]
        for tier in result["memory"]
    )


def array_seconds(result: dict) -> float:
    """Useful multiply-accumulates over the peak of all arrays, in seconds."""
    arrays = [engine for engine in result["engines"] if engine["macs_possible"] > 0]
    total = sum(engine["macs_possible"] for engine in arrays)
    useful = sum(engine["macs_useful"] for engine in arrays)
    return useful / total * result["latency"]["seconds"]


def array_busy(result: dict) -> float:
    """The share of the run in which the busiest array works."""
    return max(
        engine["busy"] / engine["total"]
        for engine in result["engines"]
        if engine["macs_possible"] > 0
    )


def closed_forms(result: dict) -> str:
    return (
        f"Closed forms: MACs / peak = {array_seconds(result) * 1e3:.2f} ms, bytes / peak "
        f"bandwidth = {memory_seconds(result) * 1e3:.2f} ms, against "
        f"{result['latency']['seconds'] * 1e3:.2f} ms simulated. "
        f"The array is busy {array_busy(result):.0%} of the time"
    )


def limit_of_convolutions(result: dict) -> str:
    padding = layer_sum(result, "macs_executed") / layer_sum(result, "macs_useful")
    return (
        f"{closed_forms(result)}; what is missing from its peak is padding of partial folds "
        f"(executed over useful MACs: {padding:.2f}), preloads longer than the rows that stream "
        f"past them, fill and drain, and waiting for memory."
    )


def limit_of_decode(result: dict) -> str:
    clock = result["latency"]["reference_clock"]["frequency_hz"]
    macs = layer_sum(result, "macs_useful")
    return (
        f"A vector times a K x N matrix keeps a 128 x 128 array busy for K N / 128 cycles under "
        f"every dataflow, because each weight enters through one of 128 lanes. All layers "
        f"together: {macs / 1e9:.2f} G MACs / 128 / {clock / 1e6:.0f} MHz = "
        f"{macs / 128 / clock * 1e3:.1f} ms, 128 times what MACs / peak says, against "
        f"{result['latency']['seconds'] * 1e3:.1f} ms simulated. Bytes / peak bandwidth is "
        f"{memory_seconds(result) * 1e3:.1f} ms: the memory waits for the array, not the array "
        f"for the memory."
    )


def limit_of_prefill(result: dict) -> str:
    return (
        f"{closed_forms(result)}: attention alternates between the array and the vector unit "
        f"(softmax), which has the longer share, and the short matrices of a head fill the array "
        f"only in part."
    )


JOBS = [
    Job("ResNet-50, INT8, one image, `edge`", "edge", "resnet50", limit_of_convolutions),
    Job("ResNet-50, INT8, one image, `tpu_like`", "tpu_like", "resnet50", limit_of_convolutions),
    Job(
        "Llama-2-7B decode, INT8, context 512, `tpu_like`",
        "tpu_like",
        "llama2_7b_decode",
        limit_of_decode,
    ),
    Job("GPT-2 prefill, `tpu_like`", "tpu_like", "gpt2_prefill", limit_of_prefill),
]


def run(job: Job, dataflow: str) -> dict:
    folder = OUT / job.name / dataflow
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        ROOT / "build" / "release" / "orrery",
        "run",
        "-p",
        f"configs/platforms/{job.platform}.yaml",
        "-w",
        f"workloads/models/{job.workload}.yaml",
        "--dataflow",
        dataflow,
        "-o",
        folder,
    ]
    print(f"    {job.name} {dataflow}", flush=True)
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return json.loads((folder / "result.json").read_text())


def energy_groups(result: dict) -> dict:
    groups = dict.fromkeys(GROUPS, 0.0)
    for component, picojoules in result["energy"]["components"].items():
        for group, prefixes in GROUPS.items():
            if component.startswith(prefixes):
                groups[group] += picojoules
                break
        else:
            raise ValueError(f"energy component {component} is in no group")
    return groups


def table(job: Job, results: dict) -> list[str]:
    fastest = min(result["latency"]["cycles"] for result in results.values())
    lines = [
        f"### {job.title}",
        "",
        "| dataflow | cycles | ms | ratio | utilization | mJ | W | " + " | ".join(GROUPS) + " |",
        "|---|" + "---:|" * (6 + len(GROUPS)),
    ]
    for dataflow, result in results.items():
        arrays = [engine for engine in result["engines"] if engine["macs_possible"] > 0]
        utilization = sum(engine["macs_useful"] for engine in arrays) / sum(
            engine["macs_possible"] for engine in arrays
        )
        total = result["energy"]["total_pj"]
        groups = energy_groups(result)
        cells = [
            dataflow,
            f"{result['latency']['cycles']:,}",
            f"{result['latency']['seconds'] * 1e3:.3f}",
            f"{result['latency']['cycles'] / fastest:.2f}",
            f"{utilization:.1%}",
            f"{total * 1e-9:.3f}",
            f"{result['energy']['average_watts']:.2f}",
            *(f"{value / total:.0%}" for value in groups.values()),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    best = min(results.values(), key=lambda result: result["latency"]["cycles"])
    return [*lines, "", job.limit(best), ""]


def picture(all_results: dict) -> None:
    """Time of each dataflow and where the energy goes, one panel a job."""
    colours = plt.get_cmap("tab10").colors
    figure, panels = plt.subplots(2, len(JOBS), figsize=(13, 6), height_ratios=[1, 1.3])
    for column, job in enumerate(JOBS):
        results = all_results[job.name]
        time, energy = panels[0][column], panels[1][column]
        milliseconds = [result["latency"]["seconds"] * 1e3 for result in results.values()]
        time.bar(list(results), milliseconds, color="#4878a8", width=0.6)
        time.set_title(job.title.replace("`", "").replace(", one image", ""), fontsize=8.5)
        left = [0.0] * len(results)
        for colour, group in zip(colours, GROUPS, strict=False):
            values = [energy_groups(result)[group] * 1e-9 for result in results.values()]
            energy.bar(list(results), values, bottom=left, label=group, color=colour, width=0.6)
            left = [a + b for a, b in zip(left, values, strict=True)]
        for panel in (time, energy):
            panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("latency (ms)")
    panels[1][0].set_ylabel("energy (mJ)")
    handles, labels = panels[1][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(GROUPS), frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    IMAGES.mkdir(parents=True, exist_ok=True)
    # No date and no version: the same results give the same file.
    figure.savefig(IMAGES / "results.png", dpi=130, metadata={"Software": None})


def replace_between_markers(path: pathlib.Path, text: str) -> None:
    before, rest = path.read_text().split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main() -> None:
    all_results = {
        job.name: {dataflow: run(job, dataflow) for dataflow in DATAFLOWS} for job in JOBS
    }
    lines = []
    for job in JOBS:
        lines += table(job, all_results[job.name])
    replace_between_markers(ROOT / "README.md", "\n".join(lines).rstrip())
    picture(all_results)
    print("    README.md, docs/images/results.png")


if __name__ == "__main__":
    main()
