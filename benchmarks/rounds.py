"""Interleaved rounds: A B C, B C A, … so that a neighbour's load falls on all alike; medians of the ratios within a round."""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.cluster import Cluster, clock, machine_busy


@dataclass(frozen=True)
class Slice:
    """One measured stretch: how many transfers in how many seconds, for how much CPU (seconds) in server and clients."""

    transfers: int
    seconds: float
    server_cpu: float
    client_cpu: float
    others: float  # CPUs that somebody else used meanwhile

    @property
    def rate(self) -> float:
        """Transfers a second."""
        return self.transfers / self.seconds

    def micro(self, part: str) -> float:
        """CPU microseconds per transfer."""
        cpu = {"server": self.server_cpu, "client": self.client_cpu, "all": self.server_cpu + self.client_cpu}[part]
        return cpu / self.transfers * 1e6 if self.transfers else float("nan")


# What one runs for some seconds: answers transfers and the clients' CPU seconds.
Load = Callable[[float], tuple[int, float]]


def measure(cluster: Cluster, load: Load, seconds: float) -> Slice:
    """Run a load once."""
    busy, cpu, began = machine_busy(), cluster.cpu(), clock()
    transfers, client_cpu = load(seconds)
    elapsed = clock() - began
    server_cpu = cluster.cpu() - cpu
    others = max(0.0, machine_busy() - busy - server_cpu - client_cpu) / elapsed
    return Slice(transfers, seconds, server_cpu, client_cpu, others)


def interleaved(
    cluster: Cluster, loads: Mapping[str, Load], *, rounds: int, seconds: float, warm_up: float = 1.0
) -> dict[str, list[Slice]]:
    """Every load once a round, each round starting with another one."""
    names = list(loads)
    found: dict[str, list[Slice]] = {name: [] for name in names}
    with tqdm(total=len(names) * (rounds + 1), unit=" slices", disable=None) as bar:
        for name in names:
            bar.set_description(f"warm-up: {name}")
            loads[name](warm_up)
            bar.update()
        for number in range(rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                bar.set_description(name)
                found[name].append(measure(cluster, loads[name], seconds))
                bar.update()
    return found


def row(name: str, slices: Sequence[Slice], reference: Sequence[Slice], *, must: float | None = None) -> dict[str, Any]:
    """One line of the answer: medians, and the median of the ratios of the same round."""
    ratio = statistics.median(a.rate / b.rate for a, b in zip(slices, reference, strict=True))
    answer = {
        "name": name,
        "ratio": round(ratio, 2),
        "cpu_ratio": round(statistics.median(b.micro("all") / a.micro("all") for a, b in zip(slices, reference, strict=True)), 2),
        "per_second": round(statistics.median(s.rate for s in slices)),
        "server_us": round(statistics.median(s.micro("server") for s in slices)),
        "client_us": round(statistics.median(s.micro("client") for s in slices)),
        "others_cpus": round(statistics.median(s.others for s in slices), 2),
    }
    if must is not None:
        answer |= {"must": must, "reached": ratio >= must}
    return answer


def parser(description: str, *, rounds: int = 5, seconds: float = 4.0) -> argparse.ArgumentParser:
    """The options every benchmark has."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--json", action="store_true", help="print JSON on standard output")
    found.add_argument("--rounds", type=int, default=rounds)
    found.add_argument("--seconds", type=float, default=seconds, help="length of a slice")
    return found


def machine() -> dict[str, Any]:
    """What it ran on."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    return {
        "cpus": os.cpu_count(),
        "cpu": model,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": [round(value, 1) for value in os.getloadavg()],
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def report(title: str, rows: Sequence[Mapping[str, Any]], *, as_json: bool, **more: Any) -> int:
    """Print the rows; the exit status is 1 when one with a target has missed it."""
    if as_json:
        json.dump({"benchmark": title, "machine": machine(), **more, "rows": list(rows)}, sys.stdout, indent=2, default=str)
        print()
    else:
        print(f"\n{title}")
        for name, value in more.items():
            print(f"  {name}: {value}")
        columns: list[str] = []
        for line in rows:
            columns += [name for name in line if name not in columns]
        table = [columns, *[[_cell(line.get(name, "")) for name in columns] for line in rows]]
        widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
        for line in table:
            print(
                "  "
                + "  ".join(
                    cell.ljust(width) if i == 0 else cell.rjust(width)
                    for i, (cell, width) in enumerate(zip(line, widths, strict=True))
                )
            )
    return 0 if all(line.get("reached", True) for line in rows) else 1


def _cell(value: Any) -> str:
    return (
        {True: "yes", False: "NO"}.get(value, str(value))
        if isinstance(value, bool)
        else f"{value:,}"
        if isinstance(value, (int, float))
        else str(value)
    )
