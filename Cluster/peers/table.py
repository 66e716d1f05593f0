"""Rows, and the one table they are shown in."""

import dataclasses
from typing import Optional


@dataclasses.dataclass
class Row:
    work: str
    peer: str
    theirs: Optional[float]
    ours: Optional[float]
    unit: str
    # What the ratio of ours to the peer's figure (or, without one, our figure) is to be.
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    # The goal is about our figure, not about the ratio.
    is_absolute: bool = False
    note: str = ""

    @property
    def ratio(self):
        if self.theirs is None or self.ours is None or self.theirs == 0:
            return None
        return self.ours / self.theirs

    @property
    def goal(self):
        unit = f" {self.unit}" if self.is_absolute else " ×"
        parts = []
        if self.at_least is not None:
            parts.append(f"≥ {number(self.at_least)}{unit}")
        if self.at_most is not None:
            parts.append(f"≤ {number(self.at_most)}{unit}")
        return ", ".join(parts) or "–"

    @property
    def is_met(self):
        value = self.ours if self.is_absolute else self.ratio
        if value is None or self.goal == "–":
            return None
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most)

    @property
    def json(self):
        return dataclasses.asdict(self) | {
            "ratio": self.ratio, "goal": self.goal, "is_met": self.is_met}


def number(value):
    """Three digits that say something."""
    if value is None:
        return "not measured"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def render(rows, notes):
    """A table as Markdown has it, aligned for those who read it as it is, and the notes to it."""
    head = ["work", "unit", "peer", "the peer's", "ours", "ratio", "goal", "met"]
    lines = [head]
    for row in rows:
        ratio = "–" if row.ratio is None else f"{number(row.ratio)} ×"
        met = {True: "yes", False: "no", None: "–"}[row.is_met]
        theirs = "–" if row.peer == "–" else number(row.theirs)
        lines.append([row.work, row.unit, row.peer, theirs, number(row.ours), ratio, row.goal, met])
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    texts = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
             for line in lines]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = list(dict.fromkeys([row.note for row in rows if row.note] + notes))
    return "\n".join(texts + ([""] + [f"- {note}" for note in notes] if notes else [])) + "\n"
