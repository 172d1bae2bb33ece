"""`unweave export`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path

from unweave.cli.arguments import check_out


def export(model: str, out: Path, /) -> None:
    """Write a model as ONNX graphs, which run without torch.

    Parameters
    ----------
    model
        A run folder, a model file, faces64 for the bundled model, or OWNER/NAME on the Hugging Face Hub.
    out
        The new folder: encoder.onnx, decoder.onnx, means.npz and model.json. It does as MODEL in transfer, mix,
        interpolate, synthesize and info, with ONNX Runtime in the place of torch.
    """
    check_out(out, True)

    from unweave.export import export as write
    from unweave.model import load

    write(load(model), out)
    size = sum(path.stat().st_size for path in out.iterdir())
    print(f"{out}: {size / 1e6:.1f} MB")
