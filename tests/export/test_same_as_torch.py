"""A model as ONNX graphs: the same results as in torch, without torch, from Python and from the command line."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

from unweave.cli import main
from unweave.model import Model, load
from unweave.studio.desk import Desk
from unweave.studio.picked import uploaded


def values(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3, 36, 36)).astype(np.float32)


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
    names = {path.name for path in (place / "toy").iterdir()}
    assert names == {"encoder.onnx", "decoder.onnx", "means.npz", "model.json"}
    assert said["attributes"] == {"expression": ["neutral", "smile"], "sun/moon": ["left", "right", "top"]}
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
    docs = (Path(__file__).parents[2] / "docs" / "share.md").read_text(encoding="utf-8")
    code = next(block for block in re.findall(r"```python\n(.*?)```", docs, re.DOTALL) if "onnxruntime" in block)
    code = code.replace("faces64-onnx", "toy").replace("np.zeros((2, 3, 64, 64), np.float32)", "given")
    names: dict[str, object] = {"given": values(2)}
    exec(code, names)
    near(names["result"], load("toy.safetensors").transfer(values(2)[:1], {"expression": values(2)[1]}))


def test_the_studio_has_the_same_pictures_of_it(there: Path) -> None:
    found = []
    for name in ("toy", "toy.safetensors"):
        model = load(name)
        desk = Desk(model)
        me, a, b = (uploaded(f"{name}.png", name, model.card)[0] for name in ("me", "a", "b"))
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
