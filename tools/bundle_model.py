"""Bundle a trained run: its best model in half precision, its log, curves and sample grids.

    python tools/bundle_model.py RUN NAME

writes src/unweave/bundled/NAME.safetensors and docs/NAME/.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from unweave.charts import curves
from unweave.checkpoint import load_model, save_model
from unweave.config import read_config
from unweave.evaluate import evaluate
from unweave.run_folder import read_metrics
from unweave.snapshots import mean_codes, reconstruction_limits
from unweave.training import HELD_OUT_IMAGES, as_table, prepare

ROOT = Path(__file__).parents[1]
SHOWN = (
    "reconstruction",
    "code",
    "disentangle",
    "synthesis",
    "critic_classes",
    "margin",
    "gradient_penalty",
    "lr_share",
)


def bundle(run: Path, name: str) -> None:
    """Write the model file and the pages of NAME."""
    card, generator, _ = load_model(run / "best.safetensors")
    config = read_config(run / "config.yaml")
    table = as_table(config.data.source, config)
    training, held = prepare(table, replace(config, run=replace(config.run, judge_steps=0)))
    limits = reconstruction_limits(evaluate(generator, held, pairs=HELD_OUT_IMAGES))
    card = replace(card, name=name, reconstruction=limits)
    target = ROOT / "src" / "unweave" / "bundled" / f"{name}.safetensors"
    save_model(target, card, generator, mean_codes(generator, training, table), half=True)

    docs = ROOT / "docs" / name
    docs.mkdir(parents=True, exist_ok=True)
    for kept in ("config.yaml", "metrics.jsonl"):
        shutil.copy(run / kept, docs / kept)
    series = read_metrics(run)
    held_out = [
        key for key in series if key.startswith("held_out/") and key.split("/")[1] in ("swapped", "reconstructed")
    ]
    curves({key: series[key] for key in (*SHOWN, *held_out)}, docs / "curves.png")
    print(f"{target}: step {card.step}, {target.stat().st_size / 1e6:.1f} MB; its log and curves are in {docs}")


if __name__ == "__main__":
    bundle(Path(sys.argv[1]), sys.argv[2])
