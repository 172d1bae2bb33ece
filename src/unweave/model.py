"""A trained model in use: it exchanges, mixes, interpolates and averages codes of files, pictures or tensors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from PIL.Image import Image

from unweave.arrays import Device, Float, Tensor, as_numpy, concat
from unweave.card import ModelCard
from unweave.codes import Codes, is_finite, unknown_name
from unweave.errors import UnweaveError
from unweave.files import bundled, expanded, is_run, tell_hidden
from unweave.images import Given, Images, given, pictures, read
from unweave.portable import CARD

if TYPE_CHECKING:  # nothing here imports torch: an exported model is used without it
    from unweave.networks import Generator
else:
    Generator = Any

INSIDE = ("best.safetensors", "model.safetensors", CARD)
"""What stands for a folder: of a run, of a saved model, of an exported one."""
REPOSITORY = re.compile(r"(?a:\w[\w.-]*/\w[\w.-]*)(?<!\.safetensors)")
"""What can be the name of a repository on the Hugging Face Hub."""
BATCH = 32
"""Images that go through the networks at a time, so that memory does not grow with their number."""

Strength = int | float | Mapping[str, int | float]
"""How far attributes move: 0 keeps one's own, 1 takes the exemplar's, values outside extrapolate. One for all, or by
attribute, where those not named move all the way."""

Result = Any
"""What fits the sources: pictures of Pillow's for files and pictures, a tensor in [-1, 1] for tensors (of an exported
model, an array of NumPy's); one for one, else a list of pictures or a batch of tensors."""


@runtime_checkable
class Engine(Protocol):
    """What makes codes of images and images of codes: torch (`torch_engine.py`) or ONNX Runtime (`portable.py`)."""

    names: tuple[str, ...]
    """Of the codes: attributes first, the rest last."""
    parameters: int
    """Number of weights."""
    device: Any

    def own(self, array: np.ndarray) -> Tensor:
        """An array as the kind of array that this engine works on."""
        ...

    def encode(self, images: Tensor) -> Codes:
        """Images in [-1, 1] -> their codes."""
        ...

    def decode(self, codes: Codes) -> Tensor:
        """Codes, in the order of `names` -> images in [-1, 1]."""
        ...


def load(name_or_path: str | Path, device: str | Device = "cpu") -> Model:
    """The model of a run folder (its best), of a .safetensors file, of an exported or a saved folder, or one by name.

    Names are those of the bundled models ("faces64") and, as text, of repositories on the Hugging Face Hub
    ("owner/name"), from which one file, model.safetensors, is downloaded. A path that exists comes before either.

    Raises `UnweaveError` where there is none, the file is damaged, or the machine has no such device.
    """
    path = find_model(name_or_path)
    if path.name == CARD:
        from unweave.portable import open_export

        if str(device) != "cpu":
            raise UnweaveError(f"{path.parent}: is an exported model, which runs on the cpu, not on '{device}'")
        return Model(*open_export(path), path=path)
    if find_spec("torch") is None:
        raise UnweaveError(f"{path}: needs torch: pip install torch (a model that unweave export wrote does without)")
    from unweave.torch_engine import open_model

    return Model(*open_model(path, device), path=path)


def find_model(name_or_path: str | Path) -> Path:
    """The model file, or the card of an exported model, that a name, a folder or a path stands for."""
    path, name = expanded(name_or_path), f"{name_or_path}.safetensors"
    for file in (path, *(path / inside for inside in INSIDE)):
        if file.is_file():
            tell_hidden(path, name)
            return file
    if kept := bundled(name):
        return kept
    if isinstance(name_or_path, str) and REPOSITORY.fullmatch(name_or_path) and not path.exists():
        from unweave.hub import fetch

        return fetch(name_or_path)
    if not path.is_dir():
        raise UnweaveError(f"{path}: no such run folder or model file, nor a bundled model (faces64)")
    if (last := path / "last.safetensors").is_file():
        raise UnweaveError(f"{path}: no model was scored yet, so none is the best; name the last one: {last}")
    if is_run(path):
        raise UnweaveError(f"{path}: the run was stopped before it wrote a model; unweave train --resume {path}")
    raise UnweaveError(f"{path}: is no run folder, and holds no {INSIDE[1]} or {CARD}; expected a model")


class Model:
    """Encoders, decoder and the mean codes of the classes, with what the card says of them.

    Wherever it says `Images`, a path, a picture of Pillow's or NumPy's, a tensor or a list of them will do (see
    `images.py`). Two lists go pairwise, a single image serves all. All methods raise `UnweaveError`, in one line, for
    attributes and classes that the model does not know, images that cannot be read, tensors of another size and lists
    of different lengths.
    """

    def __init__(self, card: ModelCard, engine: Engine, means: Mapping[str, Tensor], *, path: Path):
        """`means`: attribute -> (classes, channels, height, width), in the order of the card's classes.

        `path`: the file that it was read from.
        """
        self.card, self.engine, self.means, self.path = card, engine, means, path

    @property
    def generator(self) -> Generator:
        """The networks in torch; raises `UnweaveError` where the model is an exported one, which has none."""
        if generator := getattr(self.engine, "generator", None):
            return generator
        raise UnweaveError(f"{self.path.parent}: is an exported model, good for use only; name the model that it is of")

    @property
    def device(self) -> Device:
        """Where codes and results of tensors are."""
        return self.engine.device

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return self.engine.parameters

    @property
    def attributes(self) -> tuple[str, ...]:
        """What can be taken from an exemplar; besides, "rest" stands for all that has no label."""
        return tuple(self.card.attributes)

    @property
    def classes(self) -> Mapping[str, tuple[str, ...]]:
        """The classes of each attribute."""
        return self.card.attributes

    def read(self, images: Images) -> Float[Tensor, "images channels size size"]:
        """Images as the networks see them: cropped as in training, resized, in [-1, 1]."""
        return self.engine.own(read(given(images).items, self.card))

    def encode(self, images: Images) -> Codes:
        """The codes of images, on the model's device; one image gives codes with a batch of 1."""
        items = given(images).items
        return Codes.cat([self._encode(items[k : k + BATCH]) for k in range(0, len(items), BATCH)])

    def decode(self, codes: Codes) -> Float[Tensor, "images channels size size"]:
        """The images of codes, in [-1, 1], on the model's device (Eq. 1).

        Raises `UnweaveError` unless there is a code of every attribute and of the rest.
        """
        names = self.engine.names
        if missing := [name for name in names if name not in codes]:
            raise UnweaveError(f"the codes lack {' and '.join(missing)}, expected {', '.join(names)}")
        codes = Codes({name: codes[name] for name in names})
        parts = [codes.at(slice(k, k + BATCH)) for k in range(0, codes.batch, BATCH)]
        return concat([self.engine.decode(part) for part in parts])

    def transfer(self, sources: Images, exemplars: Mapping[str, Images], *, strength: Strength = 1.0) -> Result:
        """The sources, with some attributes taken from exemplars: attribute -> images. `{}` reconstructs."""
        return self._changed(given(sources), {name: given(images) for name, images in exemplars.items()}, strength)

    def mix(self, sources: Images, attribute: str, images: Images, weights: Sequence[float] | None = None) -> Result:
        """The sources, with the weighted mean of several images' codes in one attribute (Eq. 11).

        `weights`: one for each image, above 0, summing to 1; equal ones if None.
        """
        return self._changed(given(sources), {attribute: self.mixture(images, weights)})

    def interpolate(self, source: Images, attribute: str, start: Images, end: Images, steps: int = 10) -> Result:
        """`steps` images from one exemplar of an attribute to another (Eq. 12), both ends included.

        Everything else is the source's, which may be one of the two. Always a list or a batch.
        """
        if not isinstance(steps, Integral) or steps < 2:
            raise UnweaveError(f"an interpolation has {steps} steps, expected a whole number from 2 up")
        if not all(len(given(images).items) == 1 for images in (source, start, end)):
            raise UnweaveError("an interpolation goes from one image to another on one source, got a list")
        first, last = self.encode(start), self.encode(end)
        path = Codes.cat([first.lerp(last, k / (steps - 1)) for k in range(steps)])
        return self._changed(given(source), {attribute: path})

    def strip(self, source: Images, attribute: str, start: Images, end: Images, steps: int = 10) -> Image:
        """`interpolate` as one picture of Pillow's: the source set apart, then the images between the exemplars.

        What `unweave interpolate` writes and the studio shows.
        """
        from unweave.draw import strip

        frames = self.interpolate(source, attribute, start, end, steps)
        own, first, last = (pictures(self.read(images))[0] for images in (source, start, end))
        return strip(frames if isinstance(frames, list) else pictures(frames), first, last, source=own)

    def synthesize(self, sources: Images, classes: Mapping[str, str], *, strength: Strength = 1.0) -> Result:
        """The sources, with some attributes as the mean code of a class: attribute -> class."""
        donors = {name: self.mean_code(name, label) for name, label in classes.items()}
        return self._changed(given(sources), donors, strength)

    def mixture(self, images: Images, weights: Sequence[float] | None = None) -> Codes:
        """Weighted mean of the images' codes (Eq. 11), as codes of one image."""
        codes = self.encode(images)
        equal = [1 / codes.batch] * codes.batch
        return Codes.mix([codes.at([k]) for k in range(codes.batch)], equal if weights is None else weights)

    def mean_code(self, attribute: str, label: str) -> Codes:
        """The mean code of a class over its training images, as codes of one image with this attribute only."""
        if attribute not in self.means:
            raise UnweaveError(unknown_name("attribute", attribute, self.attributes))
        if label not in self.classes[attribute]:
            raise UnweaveError(unknown_name(f"class of {attribute}", str(label), self.classes[attribute]))
        number = self.classes[attribute].index(label)
        return Codes({attribute: self.means[attribute][number : number + 1]})

    def strengths(self, names: Sequence[str], strength: Strength = 1.0) -> dict[str, float]:
        """The strength of each attribute in `names`, all of them known ones."""
        for name in names:
            if name not in self.engine.names:
                raise UnweaveError(unknown_name("attribute", name, self.engine.names))
        by_name = strength if isinstance(strength, Mapping) else dict.fromkeys(names, strength)
        for name, value in by_name.items():
            if name not in names:
                raise UnweaveError(f"a strength is given for '{name}', which is taken from nowhere")
            if not is_finite(value):
                raise UnweaveError(f"the strength of {name} is {value!r}, expected a finite number")
        return {name: float(by_name.get(name, 1.0)) for name in names}

    def distance_from_training(self, images: Images) -> list[float]:
        """For each image its mean absolute reconstruction error over the card's limit for it.

        Above 1 the image is unlike the training images, and little can be expected of it.
        """
        if not (limit := self.card.reconstruction.get("limit")):
            raise UnweaveError(
                f"the model {self.card.name} does not know the reconstruction error of its training images"
            )
        items, distances = given(images).items, []
        for k in range(0, len(items), BATCH):
            batch = read(items[k : k + BATCH], self.card)
            found = as_numpy(self.engine.decode(self.engine.encode(self.engine.own(batch))))
            distances += (np.abs(found - batch).mean((1, 2, 3)) / limit).tolist()
        return distances

    def save_pretrained(self, folder: str | Path) -> None:
        """Write a folder to share: model.safetensors, README.md (a model card) and a grid of swaps where there is one.

        `load` takes the folder. Raises `UnweaveError` where it is not empty or the model is an exported one.
        """
        from unweave.hub import save_pretrained

        save_pretrained(self, expanded(folder))

    def push_to_hub(self, repo_id: str, *, private: bool = False, api: Any = None) -> str:
        """Put what `save_pretrained` writes on the Hugging Face Hub as "owner/name", made if need be; its address.

        `private`: where it is made, for its owner only. `api`: a `huggingface_hub.HfApi`, for another token or server.
        Raises `UnweaveError` where the Hub cannot be reached or refuses, and where the hub extra is missing.
        """
        from unweave.hub import push_to_hub

        return push_to_hub(self, repo_id, private=private, api=api)

    def _encode(self, items: Sequence) -> Codes:
        return self.engine.encode(self.engine.own(read(items, self.card)))

    def _changed(self, sources: Given, donors: Mapping[str, Given | Codes], strength: Strength = 1.0) -> Result:
        """Batch by batch: encode, exchange, decode."""
        strengths = self.strengths(tuple(donors), strength)
        count = common_length({"sources": sources, **{f"exemplars of {name}": donor for name, donor in donors.items()}})
        own, lent = self._part(sources), {name: self._part(donor) for name, donor in donors.items()}
        tensors, made = [], []
        for k in range(0, count, BATCH):
            part = slice(k, min(k + BATCH, count))
            images = self.decode(exchange(own(part), {name: codes(part) for name, codes in lent.items()}, strengths))
            if sources.tensors:
                tensors.append(images)
            else:
                made += pictures(images)
        results = concat(tensors) if sources.tensors else made
        return results if any(map(is_several, (sources, *donors.values()))) else results[0]

    def _part(self, images: Given | Codes) -> Callable[[slice], Codes]:
        """The codes of a part of the images; those of a single one are found once and serve all."""
        if length(images) > 1:
            return lambda part: images.at(part) if isinstance(images, Codes) else self._encode(images.items[part])
        codes = images if isinstance(images, Codes) else self._encode(images.items)
        return lambda part: codes.at([0] * (part.stop - part.start))


def exchange(own: Codes, donors: Mapping[str, Codes], strengths: Mapping[str, float]) -> Codes:
    """Each attribute moved towards the codes of its own donor."""
    for name, donor in donors.items():
        own = own.swap(donor, {name: strengths[name]})
    return own


def length(images: Given | Codes) -> int:
    """Number of images."""
    return images.batch if isinstance(images, Codes) else len(images.items)


def is_several(images: Given | Codes) -> bool:
    """Whether what comes out is a list."""
    return images.batch > 1 if isinstance(images, Codes) else not images.single


def common_length(images: Mapping[str, Given | Codes]) -> int:
    """How many come out when those of one image serve all the others; raises `UnweaveError` where lengths differ."""
    lengths = {what: length(some) for what, some in images.items() if length(some) > 1}
    if len(set(lengths.values())) > 1:
        counts = " and ".join(f"{number} {what}" for what, number in lengths.items())
        raise UnweaveError(f"{counts} do not go pairwise; give as many of each, or a single image")
    return max(lengths.values(), default=1)
