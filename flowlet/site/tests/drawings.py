"""The drawings of the state machines in ``docs/architecture.md``, made from the transition tables.

``python -m flowlet.site.tests.drawings`` writes them anew; ``test_docs`` fails while they differ.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- states: begin -->\n", "<!-- states: end -->\n"


def tables() -> Iterator[tuple[str, str, dict[Any, Any]]]:
    """Every transition table: module, name, table. ``states.py`` of the apps hold nothing else."""
    paths = [*ROOT.glob("*/states.py"), *ROOT.glob("flowlet/*/states.py")]
    for path in sorted(paths):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, value in vars(importlib.import_module(module)).items():
            if name.endswith("MOVES"):
                yield module, name, value


def drawing(module: str, name: str, table: dict[Any, Any]) -> str:
    """One machine as a Mermaid state diagram; an arrow to the end means that nothing leads on."""
    states = list(type(next(iter(table))))
    lines = [f"**{type(states[0]).__name__}** (`{module}.{name}`)", "", "```mermaid", "stateDiagram-v2"]
    for state in states:
        targets = table.get(state, ())
        lines += [f"    {state.value} --> {target.value}" for target in states if target in targets]
        if not targets:
            lines.append(f"    {state.value} --> [*]")
    return "\n".join([*lines, "```", ""])


def section() -> str:
    """All drawings, between their marks."""
    return BEGIN + "\n" + "\n".join(drawing(*found) for found in tables()) + "\n" + END


def drawn(page: str) -> str:
    """What stands between the marks, with them."""
    return page[page.index(BEGIN) : page.index(END) + len(END)]


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(drawn(text), section()), encoding="utf-8")
