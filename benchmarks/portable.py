"""Seconds of one transfer at 64 px, in torch and with the same model exported to ONNX Runtime.

python benchmarks/portable.py [threads of torch]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from speed import fastest, report, save_random

from unweave.export import export
from unweave.model import load


def main() -> None:
    """Print one line for each of the two, and how far their results are apart."""
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    source, exemplar = np.random.default_rng(0).uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        file, folder = Path(name) / "model.safetensors", Path(name) / "exported"
        save_random(file)
        export(load(file), folder)
        results = []
        for what, path in ((f"torch, {torch.get_num_threads()} threads", file), ("ONNX Runtime", folder)):
            model = load(path)
            report(f"one transfer, 64 px, {what}", fastest(lambda m=model: m.transfer(source, {"light": exemplar}), 20))
            results.append(np.asarray(model.transfer(source, {"light": exemplar})))
    print(f"largest difference {np.abs(results[0] - results[1]).max():.1e} on the [-1, 1] scale")


if __name__ == "__main__":
    main()
