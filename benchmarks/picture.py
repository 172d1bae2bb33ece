"""The picture of step.py's results: bars by part of a step, of its floor and of the naive port.

python benchmarks/picture.py benchmarks/step.png RESULT.json ...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib import colormaps


def main() -> None:
    """Read the results that step.py has written and draw a row of bars for each."""
    target, *files = map(Path, sys.argv[1:])
    results = [json.loads(file.read_text()) for file in files]
    figure, rows = plt.subplots(len(results), 1, figsize=(9, 1.9 * len(results) + 0.6), squeeze=False)
    for axes, result in zip(rows[:, 0], results, strict=True):
        left = dict.fromkeys(["naive", "floor", "unweave"], 0.0)
        for number, (part, of) in enumerate(result["parts"].items()):
            seconds = [of[name] for name in left]
            axes.barh(list(left), seconds, left=list(left.values()), color=colormaps["tab10"](number), label=part)
            left = {name: start + of[name] for name, start in left.items()}
        sizes = "{size} px, {attributes} attributes, width {width:g}, batch {batch}, {precision}, {threads} threads"
        ratios = "step / floor {step_over_floor:.2f}, naive / step {naive_over_step:.2f}, memory {peak_over_naive:.2f}"
        axes.set_title(f"{sizes}: {ratios}".format(**result), fontsize=9, loc="left")
        axes.tick_params(labelsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    rows[-1, 0].set_xlabel("seconds a step", fontsize=9)
    handles, labels = rows[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(target, dpi=130)


if __name__ == "__main__":
    main()
