"""What is found in a data set, one line each."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """An error keeps the data from being used, a warning does not."""

    level: Literal["error", "warning"]
    line: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image, and where its labels were read."""

    place: str
    """Such as "train/metadata.csv row 3", where the header is row 1; the image's own name if labels come from that."""
    file: str
    split: str
    values: dict[str, str | None]


@dataclass
class Listing:
    """All that was read of a data set, with all that is wrong about it."""

    rows: list[Row] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def error(self, line: str) -> None:
        """Note an error."""
        self.findings.append(Finding("error", line))

    def warning(self, line: str) -> None:
        """Note a warning."""
        self.findings.append(Finding("warning", line))

    def errors(self) -> list[str]:
        """The lines of all errors."""
        return [finding.line for finding in self.findings if finding.level == "error"]


def and_more(images: Sized) -> str:
    """What follows the first of several images with the same finding: how many more there are."""
    return f", and {len(images) - 1} more such images" if len(images) > 1 else ""
