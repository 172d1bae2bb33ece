"""A model as ONNX graphs: the same results as in torch, without torch, from Python and from the command line."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from unweave import export as writing
from unweave.checkpoint import ModelCard, generator_of, save_model
from unweave.cli import main
from unweave.errors import UnweaveError
from unweave.export import export
from unweave.model import Model, load
from unweave.portable import digest
from unweave.studio.desk import Desk
from unweave.studio.picked import uploaded

CARD = ModelCard(
    attributes={"expression": ("neutral", "smile"), "sun/moon": ("left", "right", "top")},
    size=36,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    decoder_norm="floor",  # the encoders have the other one
    step=7,
    reconstruction={"median": 0.1, "limit": 2.0},
    name="toy",
)
FILES = {"encoder.onnx", "decoder.onnx", "means.npz", "model.json"}


def save_random(path: Path) -> None:
    """A model of random weights, scales and shifts of its norms included."""
    torch.manual_seed(0)
    generator = generator_of(CARD)
    with torch.no_grad():
        for weights in generator.parameters():
            weights += 0.1 * torch.randn_like(weights)
    save_model(path, CARD, generator, {name: torch.rand(len(c), 8, 9, 9) for name, c in CARD.attributes.items()})


def values(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3, 36, 36)).astype(np.float32)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """toy.safetensors, its export in toy/, and pictures: me.png, a.png, b.png, and some in many/."""
    place = tmp_path_factory.mktemp("export")
    save_random(place / "toy.safetensors")
    said = StringIO()
    with redirect_stdout(said):
        main(["export", str(place / "toy.safetensors"), str(place / "toy")])
    assert said.getvalue() == f"{place / 'toy'}: 0.1 MB\n"
    (place / "many").mkdir()
    for seed, name in enumerate(["me", "a", "b", "many/c", "many/d"]):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 36, 3), np.uint8)
        Image.fromarray(pixels).save(place / f"{name}.png")
    return place


@pytest.fixture
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def copied(place: Path, tmp_path: Path) -> Path:
    """An export to be spoilt."""
    return Path(shutil.copytree(place / "toy", tmp_path / "toy"))


def near(found: object, expected: Any) -> None:
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_codes_and_images_are_those_of_torch_for_batches_of_any_size(there: Path) -> None:
    in_torch, exported = load("toy.safetensors"), load("toy")
    for count in (1, 2, 5):
        codes, expected = exported.encode(values(count)), in_torch.encode(values(count))
        assert list(codes) == list(expected) == ["expression", "sun/moon", "rest"]
        for name in codes:
            near(codes[name], expected[name])
        near(exported.decode(codes), in_torch.decode(expected))


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.transfer(values(3), {"sun/moon": values(3, 1), "rest": values(1, 2)}, strength={"sun/moon": 1.4}),
        lambda m: m.transfer(values(1)[0], {}),
        lambda m: m.mix(values(2), "expression", values(3, 1), [0.5, 0.3, 0.2]),
        lambda m: m.interpolate(values(1)[0], "expression", values(1, 1)[0], values(1, 2)[0], steps=4),
        lambda m: m.synthesize(values(2), {"sun/moon": "top"}, strength=np.float64(0.7)),
        lambda m: np.array(m.distance_from_training(values(2)), np.float32),
        lambda m: m.read("a.png"),
    ],
    ids="transfer reconstruction mix interpolate synthesize distance read".split(),
)
def test_whatever_a_model_does_is_the_same_as_in_torch(there: Path, use: Callable[[Model], np.ndarray]) -> None:
    near(use(load("toy")), use(load("toy.safetensors")))


def test_the_folder_says_what_other_programs_need(place: Path) -> None:
    said = json.loads((place / "toy" / "model.json").read_text())
    assert {path.name for path in (place / "toy").iterdir()} == FILES
    assert said["attributes"] == {name: list(classes) for name, classes in CARD.attributes.items()}
    assert (said["size"], said["channels"], said["crop"]) == (36, 3, "center")
    assert said["codes"] == ["expression", "sun/moon", "rest"]
    for name, sha256 in said["files"].items():
        assert hashlib.sha256((place / "toy" / name).read_bytes()).hexdigest() == sha256
    with np.load(place / "toy" / "means.npz", allow_pickle=False) as means:
        assert {name: means[name].shape for name in means} == {"0": (2, 8, 9, 9), "1": (3, 8, 9, 9)}


@pytest.mark.parametrize(("name", "convolutions"), [("encoder.onnx", 9), ("decoder.onnx", 5)])
def test_graphs_are_plain_and_say_nothing_of_the_machine(place: Path, name: str, convolutions: int) -> None:
    path = place / "toy" / name
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    operators = [node.op_type for node in graph.graph.node]
    assert operators.count("Conv") == convolutions
    assert {"Einsum", "GroupNormalization"} & set(operators) == set()
    assert graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert b".py" not in path.read_bytes()


def test_the_graphs_are_used_without_unweave_as_the_docs_say(there: Path) -> None:
    docs = (Path(__file__).parents[1] / "docs" / "share.md").read_text(encoding="utf-8")
    code = next(block for block in re.findall(r"```python\n(.*?)```", docs, re.DOTALL) if "onnxruntime" in block)
    code = code.replace("faces64-onnx", "toy").replace("np.zeros((2, 3, 64, 64), np.float32)", "given")
    names: dict[str, object] = {"given": values(2)}
    exec(code, names)
    near(names["result"], load("toy.safetensors").transfer(values(2)[:1], {"expression": values(2)[1]}))


def test_the_studio_has_the_same_pictures_of_it(there: Path) -> None:
    found = []
    for name in ("toy", "toy.safetensors"):
        desk = Desk(load(name))
        me, a, b = (uploaded(f"{name}.png", name, CARD)[0] for name in ("me", "a", "b"))
        made = [desk.changed(me, {"expression": a, "sun/moon": "top"}, {"expression": -0.5, "sun/moon": 1.0})]
        made += [desk.mixed(me, "expression", [(a, 0.3), (b, 0.7)]), *desk.passage(me, "sun/moon", a, b, 3)]
        made += [picture for row in desk.matrix("expression", [me, a], [a, b], 0.5) for picture in row]
        found.append(np.stack([np.asarray(picture, int) for picture in made]))
    assert np.abs(found[0] - found[1]).max() <= 1


def same_pictures(one: Path, other: Path) -> None:
    with Image.open(one) as a, Image.open(other) as b:
        assert np.abs(np.asarray(a, int) - np.asarray(b, int)).max() <= 1


def test_every_command_gives_the_same_pictures(there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = {
        "transfer": "me.png --from expression=a.png --from sun/moon=b.png --strength 0.8",
        "mix": "me.png a.png=0.7 b.png=0.3 --of sun/moon",
        "interpolate": "me.png a.png b.png --of expression --steps 3",
        "synthesize": "me.png --class sun/moon=top",
    }
    for command, rest in commands.items():
        for model in ("toy", "toy.safetensors"):
            main([command, model, *rest.split(), "-o", str(tmp_path / f"{command}-{model}.png")])
        same_pictures(tmp_path / f"{command}-toy.png", tmp_path / f"{command}-toy.safetensors.png")
    for model in ("toy", "toy.safetensors"):
        main(["transfer", model, "many", "--from", "expression=a.png", "-o", str(tmp_path / f"many-{model}")])
    same_pictures(tmp_path / "many-toy" / "d--a.png", tmp_path / "many-toy.safetensors" / "d--a.png")
    capsys.readouterr()
    main(["info", "toy"])
    said = capsys.readouterr()
    main(["info", "toy.safetensors"])
    assert said == capsys.readouterr()


WITHOUT = """
import sys
from importlib.machinery import PathFinder
ABSENT = set("torch jaxtyping safetensors tqdm onnx onnxscript huggingface_hub scipy warp".split())
class Some:
    @staticmethod
    def find_spec(name, *more):
        return None if name.split(".")[0] in ABSENT else PathFinder.find_spec(name, *more)
sys.meta_path[sys.meta_path.index(PathFinder)] = Some
from unweave.cli import main
main(sys.argv[1:])
"""


def without_torch(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line where nothing but NumPy, Pillow, Cyclopts, PyYAML and ONNX Runtime is installed."""
    return subprocess.run([sys.executable, "-c", WITHOUT, *map(str, arguments)], capture_output=True, text=True)


def test_an_exported_model_transfers_where_there_is_no_torch(there: Path, tmp_path: Path) -> None:
    line = ["me.png", "--from", "sun/moon=a.png", "-o"]
    done = without_torch("transfer", "toy", *line, tmp_path / "without.png")
    assert (done.returncode, done.stderr) == (0, "")
    main(["transfer", "toy.safetensors", *line, str(tmp_path / "with.png")])
    same_pictures(tmp_path / "without.png", tmp_path / "with.png")


def test_where_there_is_no_torch_a_model_file_and_a_name_get_one_line(there: Path) -> None:
    done = without_torch("info", "toy.safetensors")
    assert done.returncode == 2
    expected = "needs torch: pip install torch (a model that unweave export wrote does without)"
    assert done.stderr == f"unweave: toy.safetensors: {expected}\n"
    done = without_torch("info", "anna/faces")
    expected = "no such run folder or model file here; for the Hugging Face Hub: pip install 'unweave[hub]'"
    assert done.stderr == f"unweave: anna/faces: {expected}\n"


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
    assert line_of(copied).startswith(f"{copied}: holds no best.safetensors")


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
        np.savez_compressed(file, **arrays)
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
