"""What is not as `unweave export` wrote it, and what an exported model cannot do, get one line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import pytest

from unweave import export as writing
from unweave.cli import main
from unweave.errors import UnweaveError
from unweave.export import export
from unweave.model import load
from unweave.portable import digest

FILES = {"encoder.onnx", "decoder.onnx", "means.npz", "model.json"}


def line_of(folder: Path) -> str:
    with pytest.raises(UnweaveError) as error:
        load(folder)
    return str(error.value)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_changed_byte_is_noticed_and_the_file_named(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[content.index(b"toy") if name == "model.json" else len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    expected = "is damaged or was changed, its content is not what was exported; take another copy"
    assert line_of(copied) == f"{copied / name}: {expected}"


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / "decoder.onnx").unlink()
    expected = "belongs to the exported model and cannot be read (No such file or directory)"
    assert line_of(copied) == f"{copied / 'decoder.onnx'}: {expected}"
    (copied / "model.json").unlink()
    assert line_of(copied).startswith(f"{copied}: is no run folder, and holds no model.safetensors or model.json")


def test_a_card_of_another_kind_gets_one_line(copied: Path) -> None:
    for text in ("", "[1]", "{}", "{", '{"format": "1", "kind": "export", "sha256": ""}', "[" * 9999):
        (copied / "model.json").write_text(text)
        line = line_of(copied)
        assert line.startswith(f"{copied / 'model.json'}: not what unweave export wrote, or damaged (")
        assert "\n" not in line


def rewrite(folder: Path, **changes: object) -> None:
    """Change model.json as one who knows how it is guarded."""
    said = {**json.loads((folder / "model.json").read_text()), **changes}
    kept = {name: value for name, value in said.items() if name not in ("format", "kind", "sha256")}
    (folder / "model.json").write_text(json.dumps({**said, "sha256": digest(kept)}))


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES - {"model.json"}}


def test_files_that_do_not_fit_together_get_one_line(copied: Path) -> None:
    rewrite(copied, format=99)
    assert "written by a newer unweave" in line_of(copied)
    rewrite(copied, format=1, size=64)
    assert (
        line_of(copied)
        == f"{copied / 'encoder.onnx'}: does not fit the model.json beside it, take both from one export"
    )
    rewrite(copied, size="36")
    assert "lacks what an exported model says of itself (size is '36', expected a whole number)" in line_of(copied)
    rewrite(copied, size=36, crop="middle")
    assert "(crop is 'middle', expected center or" in line_of(copied)
    rewrite(copied, crop="center", attributes={"expression": ["neutral"], "sun/moon": ["left", "right", "top"]})
    assert (
        line_of(copied) == f"{copied / 'means.npz'}: does not fit the model.json beside it, take both from one export"
    )
    (copied / "encoder.onnx").write_bytes(b"graph")
    rewrite(copied, files=hashes(copied))
    assert line_of(copied).startswith(f"{copied / 'encoder.onnx'}: cannot be run by ONNX Runtime (")
    rewrite(copied, parameters=float("inf"))
    assert "lacks what an exported model says of itself (cannot convert float infinity" in line_of(copied)


def packed(**arrays: np.ndarray) -> bytes:
    with BytesIO() as file:
        np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]
        return file.getvalue()


def plain(array: np.ndarray) -> bytes:
    with BytesIO() as file:
        np.save(file, array)
        return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed(**{"0": np.zeros((2, 8, 9, 9), np.float16)}), "it is compressed"),  # which may unpack to any size
        (plain(np.zeros(3)), "File is not a zip file"),
        (b"", "File is not a zip file"),
    ],
    ids=["compressed", "an array", "empty"],
)
def test_mean_codes_of_somebody_elses_get_one_line(copied: Path, content: bytes, said: str) -> None:
    (copied / "means.npz").write_bytes(content)
    rewrite(copied, files=hashes(copied))
    assert line_of(copied) == f"{copied / 'means.npz'}: cannot be read ({said})"


def reads_another_file(graph: onnx.ModelProto) -> None:
    weights = graph.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="weights.bin")


def takes_another_name(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].name = "pictures"
    for node in graph.graph.node:
        node.input[:] = ["pictures" if name == "images" else name for name in node.input]


def calls_what_is_not_there(graph: onnx.ModelProto) -> None:
    for node in graph.graph.node:
        node.op_type = "Nothing"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (reads_another_file, "reads from other files, as nothing does that unweave export wrote"),
        (takes_another_name, "does not fit the model.json beside it, take both from one export"),
        (calls_what_is_not_there, "cannot be run by ONNX Runtime ("),
    ],
)
def test_a_graph_of_somebody_elses_gets_one_line(
    copied: Path,
    change: Callable[[onnx.ModelProto], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(copied)
    (copied / "weights.bin").write_bytes(bytes(10_000))
    graph = onnx.load("encoder.onnx")
    change(graph)
    onnx.save(graph, "encoder.onnx")
    rewrite(copied, files=hashes(copied))
    assert line_of(copied).startswith(f"{copied / 'encoder.onnx'}: {said}")
    assert capfd.readouterr() == ("", "")


def test_an_exported_model_is_for_use_only(there: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = "toy: is an exported model, good for use only; name the model that it is of"
    for command in (["evaluate", "toy"], ["export", "toy", str(tmp_path / "again")]):
        with pytest.raises(SystemExit):
            main(command)
        assert capsys.readouterr().err == f"unweave: {line}\n"
    with pytest.raises(UnweaveError, match=line):
        load("toy").save_pretrained(tmp_path / "shared")
    with pytest.raises(UnweaveError, match=r"^toy: is an exported model, which runs on the cpu, not on 'cuda'$"):
        load("toy", device="cuda")


def test_export_writes_into_a_new_folder_whole_or_not_at_all(
    there: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        main(["export", "toy.safetensors", "many"])
    assert capsys.readouterr().err == "unweave: many: exists already and is not empty; name a new folder\n"
    written: list[str] = []

    def fail(network: object, example: object, names: object, path: Path) -> None:
        written.append(path.name)
        if path.name == "decoder.onnx":
            raise OSError("no space left")
        path.touch()

    monkeypatch.setattr(writing, "write_graph", fail)
    with pytest.raises(UnweaveError, match="no space left"):
        export(load("toy.safetensors"), tmp_path / "out")
    assert written == ["encoder.onnx", "decoder.onnx"]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named_with_its_extra(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "find_spec", lambda name: None if name == "onnxscript" else name)
    with pytest.raises(UnweaveError, match=r"^unweave export needs onnxscript: pip install 'unweave\[onnx\]'$"):
        export(load("toy.safetensors"), there / "new")
