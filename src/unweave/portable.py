"""Encode and decode on ONNX Runtime, without torch: what `export.py` wrote, at work."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from unweave.arrays import Float
from unweave.card import ModelCard, read_card
from unweave.codes import REST, Codes
from unweave.errors import UnweaveError

FORMAT = 1
"""Version of the exported folder; a reader refuses a newer one."""
CARD, ENCODER, DECODER, MEANS = "model.json", "encoder.onnx", "decoder.onnx", "means.npz"

End = tuple[str, tuple[int, ...]]
"""What goes into a graph or comes out of it: its name, and its shape without the batch."""


class OnnxEngine:
    """Encoders and decoder as sessions of ONNX Runtime, on the CPU."""

    device = "cpu"

    def __init__(self, names: Sequence[str], parameters: int, encoder: Any, decoder: Any):
        """`names` of the codes in the order in which the graphs join them."""
        self.names = tuple(names)
        self.parameters = parameters
        self._encoder, self._decoder = encoder, decoder

    def own(self, array: np.ndarray) -> Any:
        """An array as it is."""
        return array

    def encode(self, images: Float[Any, "batch channels size size"]) -> Codes:
        """Images in [-1, 1] -> their codes."""
        joined = self._encoder.run(None, {"images": images})[0]
        codes: Any = np.split(joined, len(self.names), axis=1)
        return Codes(dict(zip(self.names, codes, strict=True)))

    def decode(self, codes: Codes) -> Float[Any, "batch channels size size"]:
        """Codes -> images in [-1, 1] (Eq. 1)."""
        return self._decoder.run(None, {"codes": codes.joined()})[0]


def open_export(path: Path) -> tuple[ModelCard, OnnxEngine, dict[str, Any]]:
    """The card, the networks and each attribute's mean codes of an exported folder, given its model.json.

    Raises `UnweaveError` where one of the files is missing, damaged, changed or does not fit the card, and where ONNX
    Runtime is not installed.
    """
    header = _read_header(path)
    try:
        header.pop("codes")  # for other programs
        files, parameters = dict(header.pop("files")), int(header.pop("parameters"))
        expected = {name: files[name] for name in (ENCODER, DECODER, MEANS)}
        card = read_card(header)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, UnweaveError) as error:
        raise UnweaveError(f"{path}: lacks what an exported model says of itself ({error})") from None
    contents = {name: _read(path.with_name(name), sha256) for name, sha256 in expected.items()}
    names, (channels, *sides) = (*card.attributes, REST), card.code
    images = "images", (card.channels, card.size, card.size)
    codes = "codes", (len(names) * channels, *sides)
    encoder = _session(path.with_name(ENCODER), contents[ENCODER], images, codes)
    decoder = _session(path.with_name(DECODER), contents[DECODER], codes, images)
    means = _read_means(path.with_name(MEANS), contents[MEANS], card)
    return card, OnnxEngine(names, parameters, encoder, decoder), means


def digest(header: Mapping[str, object]) -> str:
    """The SHA-256 of what model.json says, itself apart, in hexadecimal."""
    return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()


def _read_header(path: Path) -> dict[str, Any]:
    try:
        header = json.loads(path.read_bytes())
        version, kind, found = header.pop("format"), header.pop("kind"), header.pop("sha256")
        if type(version) is not int or kind != "export":
            raise ValueError(f"a {kind} of format {version}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnweaveError(f"{path}: not what unweave export wrote, or damaged ({error})") from None
    if version > FORMAT:
        raise UnweaveError(f"{path}: written by a newer unweave, whose format this one does not know; upgrade unweave")
    if found != digest(header):
        raise _changed(path)
    return header


def _read(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnweaveError(f"{path}: belongs to the exported model and cannot be read ({error.strerror})") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _changed(path)
    return content


def _changed(path: Path) -> UnweaveError:
    return UnweaveError(f"{path}: is damaged or was changed, its content is not what was exported; take another copy")


def _unfit(path: Path) -> UnweaveError:
    return UnweaveError(f"{path}: does not fit the {CARD} beside it, take both from one export")


def _session(path: Path, graph: bytes, comes_in: End, goes_out: End) -> Any:
    if find_spec("onnxruntime") is None:
        raise UnweaveError(f"{path}: needs ONNX Runtime: pip install onnxruntime")
    if b"location" in graph:  # what ONNX calls the name of another file to read weights from: whichever it says
        raise UnweaveError(f"{path}: reads from other files, as nothing does that unweave export wrote")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is told below
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no class in common
        raise UnweaveError(f"{path}: cannot be run by ONNX Runtime ({' '.join(str(error).split())[:200]})") from None
    ends = [(end.name, tuple(end.shape[1:]), end.type) for end in (*session.get_inputs(), *session.get_outputs())]
    if ends != [(*comes_in, "tensor(float)"), (*goes_out, "tensor(float)")]:
        raise _unfit(path)
    return session


def _read_means(path: Path, content: bytes, card: ModelCard) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if any(member.compress_type != zipfile.ZIP_STORED for member in packed.infolist()):
                raise ValueError("it is compressed")  # so that a few bytes could fill the memory
        with np.load(BytesIO(content), allow_pickle=False) as archive:
            known = [(str(k), name) for k, name in enumerate(card.attributes) if str(k) in archive]
            means = {name: archive[k].astype(np.float32) for k, name in known}
    except Exception as error:  # a hostile file can make zipfile and NumPy raise anything
        raise UnweaveError(f"{path}: cannot be read ({error})") from None
    if not card.fits(means):
        raise _unfit(path)
    return means
