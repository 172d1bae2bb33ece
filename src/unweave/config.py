"""Every setting of a training, as frozen dataclasses. The text under a field is its help on the command line."""

# No `from __future__ import annotations` here: the command line reads the fields' types at run time.
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, Literal

import yaml

from unweave.errors import UnweaveError, did_you_mean
from unweave.files import write_whole

PRESETS_FOLDER = Path(__file__).parent / "presets"
RIVALS = ("stargan", "cyclegan", "pix2pix", "fader")
"""The methods that the paper compares with; each has its published recipe in `presets/rivals`."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """What is learned from."""

    source: str = ""
    """The folder, the .zip or the name of the bundled set; filled in when a run is created."""
    attributes: tuple[str, ...] = ()
    """Columns to model, in order; all of them if empty."""
    pattern: str | None = None
    """File-name pattern such as {identity}-{expression}, where labels stand in the names."""
    size: int = 128
    """Side of the images in pixels; divisible by 4, from 32 up."""
    channels: Literal[1, 3] = 3
    """3 for RGB, 1 for grey."""
    crop: str = "center"
    """Crop before resizing: center (the largest centred square) or WIDTHxHEIGHT+LEFT+TOP in pixels."""
    flip: bool = False
    """Mirror each image with probability 1/2. Only where a mirrored image is as good as the original."""
    flip_labels: tuple[str, ...] = ()
    """Labels that change places in a mirrored image, such as gaze:left=right."""
    mirrored_copies: bool = False
    """Count each image twice an epoch, as it is and mirrored, as the authors do on RaFD; in place of flip."""
    balance: str | None = None
    """Attribute whose classes are drawn equally often, however many images each has; images without a label in it are
    drawn as often as without this."""
    pairs: tuple[str, ...] = ()
    """Attributes whose label fixes their look. Part of a batch is pairs that share one of them, and the reconstruction
    of each uses the other's code of it (not in the paper)."""
    contrasts: tuple[str, ...] = ()
    """Attributes of which there are images that differ in nothing else. Part of a batch is pairs of such images, and
    the reconstruction of each uses its own code of the attribute and the other's codes of all else, so that these
    cannot tell it (not in the paper)."""
    contrast_columns: tuple[str, ...] = ()
    """Further columns in which the two of such a pair have to agree, such as clothes; no empty cell agrees."""
    pair_share: float = 0.67
    """Share of a batch that is pairs. The attributes of contrasts and pairs take turns; where an image finds no partner
    for one of them, the next is tried."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Sizes of the networks (Tables I and II)."""

    width: float = 1.0
    """Multiplies the channels of encoders, decoder and classifiers; 1 is the paper's."""
    critic_width: float = 1.0
    """Multiplies the critic's channels."""
    critic_told: bool = False
    """Whether the critic is told which labels an image should show, so that it can reject one that shows them half
    (a projection discriminator, Miyato & Koyama 2018; not in the paper)."""
    residual_blocks: int = 6
    """Residual blocks of the decoder."""
    decoder_norm: Literal["instance", "floor"] = "instance"
    """How the decoder normalises: instance (the paper's), or floor, instance norm with a learned addition to each
    channel's variance. Without it a channel cannot be faint all over, so that it is bright in one spot, which shows."""
    start: Literal["glorot", "he"] = "glorot"
    """How kernels of critic and classifiers start: glorot (the authors') or he (keeps the signal's size without norm
    layers). Encoders and decoder always start glorot."""


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Weights of the losses (Eq. 8); a 0 switches one off."""

    reconstruction: float = 10.0
    """How far reconstructions are from their images, as a mean over all values (Eq. 2)."""
    adversarial: float = 1.0
    """How easily the critic tells synthesised images from real ones (Eq. 7 or 9)."""
    adversarial_reconstruction: float = 0.0
    """The same on reconstructions (not in the paper)."""
    disentangle: float = 1.0
    """How much a code tells the classifiers of other attributes (Eq. 4)."""
    code: float = 1.0
    """How badly a code tells the classifier of its own attribute (Eq. 3)."""
    synthesis: float = 1.0
    """How badly classifiers read the labels of synthesised images (Eq. 6)."""
    critic_classes: float = 0.0
    """Class heads on the critic's trunk, trained on real images, that judge the synthesis as Eq. 6 does (not in the
    paper)."""
    gradient_penalty: float = 10.0
    """How far the norm of the critic's gradient is from 1 (Eq. 9)."""
    objective: Literal["wasserstein", "standard"] = "wasserstein"
    """Adversary: wasserstein with gradient penalty (Eq. 9) or standard (Eq. 7)."""
    single: float = 0.0
    """Share of the syntheses that take one attribute alone from another image, as a transfer does; all others take each
    attribute from an image of its own (Eq. 5)."""
    noise: float = 0.0
    """Standard deviation of the Gaussian noise on all images that classifiers see, on the [-1, 1] scale (not in the
    paper)."""


@dataclass(frozen=True, kw_only=True)
class RivalConfig:
    """What the rivals (see --method) have besides; weights of adversaries are 1."""

    pair: str = ""
    """ATTRIBUTE:SOURCE=TARGET, such as expression:neutral=smile: the two classes that cyclegan and pix2pix learn."""
    same: tuple[str, ...] = ()
    """Columns whose labels make two images of such a pair one for pix2pix, which needs every pixel in its place; all
    other attributes if empty, and of rendered faces all other factors."""
    classes: float = 1.0
    """Weight of how badly the critic reads the class that an image shall show (stargan)."""
    cycle: float = 10.0
    """Weight of how far an image is from its translation there and back, as a mean over all values (stargan,
    cyclegan)."""
    identity: float = 5.0
    """Weight of how far an image is from its translation to the class it has (cyclegan)."""
    gradient_penalty: float = 10.0
    """Weight of how far the norm of the critic's gradient is from 1 (stargan)."""
    critic_steps: int = 5
    """Steps of the critic for each of the generator (stargan)."""
    pool: int = 50
    """Earlier translations of each direction that critics are shown again (cyclegan)."""
    l1: float = 100.0
    """Weight of how far a translation is from the true image, as a mean over all values (pix2pix)."""
    latent: float = 1e-4
    """Final weight of how well the latent discriminator reads the labels of a code (fader)."""
    latent_ramp: float = 0.32
    """Share of the run in which that weight rises from 0."""
    clip: float = 5.0
    """Norm to which longer gradients of a network are cut (fader)."""


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """Adam and its schedule."""

    lr: float = 1e-4
    """Learning rate of encoders, decoder and classifiers."""
    critic_lr: float = 1e-4
    """Learning rate of the critic."""
    beta1: float = 0.5
    """Adam's decay of the mean gradient."""
    beta2: float = 0.999
    """Adam's decay of the squared gradient."""
    cut: float = 0.0
    """Gradients of a tensor of weights that are more than this many times as long as usual, by Adam's mean of
    squares, are cut to that length; 0 for never (the paper's)."""
    flat: float = 2 / 3
    """Share of the run at full learning rates; from there they fall linearly to 0. By whole epochs where the run is
    counted in epochs."""
    ema: float = 0.0
    """Decay of the moving average of the generator's weights, which is what gets used; 0 for none."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Length, rhythm and machine of a run."""

    batch: int = 16
    """Images a step, over all processes."""
    epochs: int = 75
    """Passes over the training images."""
    steps: int | None = None
    """Length in steps, instead of epochs."""
    seed: int = 0
    """Seed of everything that is drawn."""
    log_every: int = 10
    """Steps between two lines of metrics.jsonl."""
    checkpoint_every: int = 500
    """Steps between two checkpoints."""
    sample_every: int = 500
    """Steps between two evaluations on held-out images, each with a sample grid."""
    judge_steps: int = 400
    """Training steps of the judge, a classifier trained on real images only that helps to choose the best weights; 0
    for none."""
    tensorboard: bool = False
    """Write TensorBoard events into the run folder (needs the tensorboard extra)."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the convolutions; auto takes the faster one. Critic and gradient penalty stay in float32."""
    threads: int = 0
    """CPU threads; 0 for as many as torch chooses. Several processes of a machine divide them."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings of a run; the defaults are the paper's."""

    method: Literal["unweave", "stargan", "cyclegan", "pix2pix", "fader"] = "unweave"
    """What is trained: unweave, the paper's method, or a rival, whose published recipe is then what settings begin
    with."""
    data: DataConfig = field(default_factory=DataConfig)
    networks: NetworkConfig = field(default_factory=NetworkConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    rivals: RivalConfig = field(default_factory=RivalConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        """Refuse what cannot work; raises `UnweaveError` with one line."""
        data, net, optim, run, rivals = self.data, self.networks, self.optim, self.run, self.rivals
        no_weights = ("objective", "single")
        weights = {f"losses.{name}": value for name, value in asdict(self.losses).items() if name not in no_weights}
        weights |= {f"rivals.{name}": value for name, value in asdict(rivals).items() if isinstance(value, float)}
        rates = {"optim.lr": optim.lr, "optim.critic_lr": optim.critic_lr}
        decays = {"optim.beta1": optim.beta1, "optim.beta2": optim.beta2, "optim.ema": optim.ema}
        shares = {"optim.flat": optim.flat, "data.pair_share": data.pair_share}
        shares |= {"losses.single": self.losses.single, "rivals.latent_ramp": rivals.latent_ramp}
        widths = {"networks.width": net.width, "networks.critic_width": net.critic_width}
        counts = {name: getattr(run, name) for name in ("epochs", "log_every", "checkpoint_every", "sample_every")}
        naturals = {"seed": run.seed, "threads": run.threads, "judge_steps": run.judge_steps}
        _refuse({"data.flip": data.flip}, lambda v: not (v and data.mirrored_copies), "off beside data.mirrored_copies")
        check_size("data.size", data.size)
        if self.method in ("pix2pix", "fader"):
            power = f"a power of 2: {self.method} halves images as long as that goes"
            _refuse({"data.size": data.size}, lambda v: v & (v - 1) == 0, power)
        if self.method in ("cyclegan", "pix2pix"):
            _refuse({"run.batch": run.batch}, lambda v: v >= 1, "at least 1")
        else:
            _refuse({"run.batch": run.batch}, lambda v: v >= 2, "at least 2: attributes are swapped within a batch")
        _refuse({f"run.{name}": v for name, v in counts.items()}, lambda v: v >= 1, "at least 1")
        _refuse(
            {"rivals.critic_steps": rivals.critic_steps, "rivals.pool": rivals.pool}, lambda v: v >= 1, "at least 1"
        )
        _refuse({"run.steps": run.steps}, lambda v: v is None or v >= 1, "at least 1, or nothing to count in epochs")
        _refuse({f"run.{name}": v for name, v in naturals.items()}, lambda v: v >= 0, "at least 0")
        _refuse({"networks.residual_blocks": net.residual_blocks}, lambda v: v >= 0, "at least 0")
        _refuse({"run.seed": run.seed}, lambda v: v < 2**32, "below 2**32")
        _refuse(widths, lambda v: v < inf and round(32 * v) >= 1, "a finite number, at least 1/32")
        cut = "0 for never, or a finite number from 1 up"  # below 1 what is usual would shrink for ever
        _refuse({"optim.cut": optim.cut}, lambda v: v == 0 or 1 <= v < inf, cut)
        _refuse(decays, lambda v: 0 <= v < 1, "a number from 0 up to, not including, 1")
        _refuse(shares, lambda v: 0 <= v <= 1, "a share from 0 to 1")
        _refuse(weights | rates, lambda v: 0 <= v < inf, "a finite number from 0 up")


def _refuse(values: Mapping[str, Any], good: Callable[[Any], bool], expected: str) -> None:
    for name, value in values.items():
        if not good(value):
            raise UnweaveError(f"{name} is {value}, expected {expected}")


def check_size(name: str, size: int) -> None:
    """Raise `UnweaveError` for a side of images, in pixels, that no model has; `name` is what the user calls it."""
    _refuse({name: size}, lambda v: v >= 32 and v % 4 == 0, "a multiple of 4 from 32 up")


def preset_names() -> tuple[str, ...]:
    """Names of the presets that come with the package."""
    return tuple(sorted(path.stem for path in PRESETS_FOLDER.glob("*.yaml")))


def preset_path(name: str) -> Path:
    """The YAML file of a preset; raises `UnweaveError` for an unknown name."""
    path = PRESETS_FOLDER / f"{name}.yaml"
    if name not in preset_names():
        raise UnweaveError(f"unknown preset '{name}': there are {', '.join(preset_names())}")
    return path


def preset(name: str) -> Config:
    """The settings of a preset."""
    return read_config(preset_path(name))


def recipe(method: Any) -> Config:
    """What the settings of a method begin with: its published recipe; the paper's for all that is no rival."""
    return read_config(PRESETS_FOLDER / "rivals" / f"{method}.yaml", Config()) if method in RIVALS else Config()


def read_config(path: Path, base: Config | None = None) -> Config:
    """Settings from a YAML file over `base`, as `build` makes them; what neither names keeps its default."""
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise UnweaveError(f"{path}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        raise UnweaveError(f"{path}: is not YAML ({' '.join(str(error).split())})") from None
    try:
        return build(mapping, base)
    except UnweaveError as error:
        raise UnweaveError(f"{path}: {error}") from None


def write_config(path: Path, config: Config) -> None:
    """Write all settings, defaults included, as YAML."""
    write_whole(path, yaml.safe_dump(_plain(asdict(config)), sort_keys=False))


def build(mapping: Mapping[str, Any], base: Config | None = None) -> Config:
    """Settings from nested mappings over `base` (the recipe of the method they name): {"losses": {"adversarial": 0.1}}.

    Raises `UnweaveError` for an unknown key, naming the nearest one, and for a value of the wrong type.
    """
    method, run = (mapping.get(key) if isinstance(mapping, Mapping) else None for key in ("method", "run"))
    if isinstance(run, Mapping) and "epochs" in run and "steps" not in run:
        mapping = {**mapping, "run": {**run, "steps": None}}  # else the base's steps would stand above them
    return _over(base or recipe(method), mapping, "")


def _over(base: Any, mapping: Any, prefix: str) -> Any:
    if not isinstance(mapping, Mapping):
        raise UnweaveError(f"'{prefix.rstrip('.') or 'settings'}' is {mapping!r}, expected a mapping of settings")
    known = {f.name: f for f in fields(base)}
    changes = {}
    for key, value in mapping.items():
        if key not in known:
            full = [f"{prefix}{name}" for name in known]
            hint = did_you_mean(f"{prefix}{key}", full) or f"expected one of {', '.join(known)}"
            raise UnweaveError(f"unknown setting '{prefix}{key}': {hint}")
        old = getattr(base, key)
        changes[key] = (
            _over(old, value, f"{prefix}{key}.") if is_dataclass(old) else _typed(known[key].type, value, prefix + key)
        )
    return replace(base, **changes)


def _typed(kind: Any, value: Any, name: str) -> Any:
    """`value` as the field's type, or one line saying what was expected."""
    choices = getattr(kind, "__args__", ()) if getattr(kind, "__origin__", None) is Literal else ()
    if choices:
        good = value in choices
    elif kind is float:
        value = _number(value) if isinstance(value, str) else value
        good = isinstance(value, int | float) and not isinstance(value, bool)
        value = float(value) if good else value
    elif kind in (int, bool, str):
        good = type(value) is kind
    elif kind == tuple[str, ...]:
        value = (value,) if isinstance(value, str) else value
        good = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        value = tuple(value) if good else value
    else:  # optional: `int | None`, `str | None`
        good = value is None or type(value) in kind.__args__
    if not good:
        expected = f"one of {', '.join(map(str, choices))}" if choices else getattr(kind, "__name__", str(kind))
        raise UnweaveError(f"setting '{name}' is {value!r}, expected {expected}")
    return value


def _number(text: str) -> float | str:
    """A number where the text is one: YAML takes 1e-4 for text."""
    try:
        return float(text)
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    """Tuples as lists, which YAML can say."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
