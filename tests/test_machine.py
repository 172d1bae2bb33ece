from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from unweave import machine, processes
from unweave.config import build

CPU = torch.device("cpu")


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """Which precisions were tried; the processor has both, and bfloat16 is faster."""
    tried: list[torch.dtype] = []

    def seconds(dtype: torch.dtype) -> float:
        tried.append(dtype)
        return 1.0 if dtype == torch.bfloat16 else 2.0

    monkeypatch.setattr(machine, "_seconds", seconds)
    able(monkeypatch, architecture="x86_64", avx512_bf16=True)
    return tried


def able(monkeypatch: pytest.MonkeyPatch, **capabilities: object) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: capabilities, raising=False)


@pytest.mark.parametrize("bfloat16", [1.0, 2.0, 30.0])
def test_which_precision_is_faster_is_tried_once(bfloat16: float, monkeypatch: pytest.MonkeyPatch) -> None:
    able(monkeypatch, architecture="arm64", bf16=True, sve_bf16=False)
    monkeypatch.setattr(machine, "_seconds", {torch.bfloat16: bfloat16, torch.float32: 2.0}.__getitem__)
    first = machine.bfloat16_is_faster(CPU)
    monkeypatch.setattr(machine, "_seconds", lambda dtype: pytest.fail("tried again"))
    assert [first, machine.bfloat16_is_faster(CPU)] == [bfloat16 == 1.0] * 2


@pytest.mark.parametrize(
    ("capabilities", "tried"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False, "avx_ne_convert": False}, False),
        ({"neon": True, "bf16": False, "sve_bf16": False}, False),
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False, "avx_ne_convert": True}, True),
        ({"neon": True, "bf16": True}, True),
        ({"architecture": "ppc64le"}, True),
        (None, True),
    ],
)
def test_a_processor_known_to_lack_bfloat16_needs_no_trial_and_every_other_has_one(
    capabilities: dict[str, object] | None, tried: bool, trials: list[torch.dtype], monkeypatch: pytest.MonkeyPatch
) -> None:
    if capabilities is None:  # as before torch 2.11
        monkeypatch.delattr("torch.cpu.get_capabilities")
    else:
        able(monkeypatch, **capabilities)
    assert machine.bfloat16_is_faster(CPU) == tried
    assert bool(trials) == tried


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("_processor", lambda: "model name : another"),
        ("torch.__version__", "2.99.0"),
        ("torch.__config__.show", lambda: "CPU capability usage: DEFAULT"),
        ("torch.get_num_threads", lambda: 96),
        ("unweave.__version__", "99"),
    ],
)
def test_another_processor_torch_or_number_of_threads_is_tried_anew(
    name: str, other: str | Callable[[], object], trials: list[torch.dtype], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.bfloat16_is_faster(CPU)
    monkeypatch.setattr(f"unweave.machine.{name}", other)
    assert machine.bfloat16_is_faster(CPU)
    assert len(trials) == 4


def test_another_limit_on_the_instructions_is_tried_anew(
    trials: list[torch.dtype], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.bfloat16_is_faster(CPU)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert machine.bfloat16_is_faster(CPU)
    assert len(trials) == 4


def test_the_processor_is_the_same_from_one_start_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, real = [], Path.read_text
    for megahertz, flags in (("2400.1", "avx2"), ("3100.9", "avx2"), ("2400.1", "avx2 avx512_bf16")):
        core = f"processor\t: 0\nmodel name\t: A\ncpu MHz\t\t: {megahertz}\nflags\t\t: {flags}\n\n"
        (tmp_path / "cpuinfo").write_text(core + core.replace(": 0", ": 1"))
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_text", lambda path, **_: real(tmp_path / path.name))
            told.append(machine._processor())
    assert told[0] == told[1] != told[2]
    assert "model name\t: A" in told[0]


@pytest.mark.parametrize("content", [b"", b"float", b"\xff\xfe\x00", b"float32\nfloat32", None])
def test_a_damaged_or_foreign_outcome_is_tried_anew_and_mended(
    content: bytes | None, cache: Path, trials: list[torch.dtype]
) -> None:
    assert machine.bfloat16_is_faster(CPU)
    (kept,) = cache.iterdir()
    if content is None:
        kept.unlink()
        kept.symlink_to(cache / "nowhere")
    else:
        kept.write_bytes(content)
    assert machine.bfloat16_is_faster(CPU)
    assert len(trials) == 4
    assert machine.bfloat16_is_faster(CPU)
    assert len(trials) == 4
    assert list(cache.iterdir()) == [kept]


def test_a_folder_in_its_place_is_left_alone_and_no_error(cache: Path, trials: list[torch.dtype]) -> None:
    assert machine.bfloat16_is_faster(CPU)
    (kept,) = cache.iterdir()
    kept.unlink()
    kept.mkdir()
    (kept / "mine").write_text("content")
    assert machine.bfloat16_is_faster(CPU)
    assert len(trials) == 4
    assert [path.name for path in cache.rglob("*")] == [kept.name, "mine"]


def test_a_cache_folder_that_cannot_be_written_or_found_is_no_error(
    tmp_path: Path, trials: list[torch.dtype], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for nowhere in (str(tmp_path / "file"), "~nobody-of-this-name/cache"):
        monkeypatch.setenv("UNWEAVE_CACHE", nowhere)
        assert machine.bfloat16_is_faster(CPU)
    assert len(trials) == 4


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_precision_that_is_named_is_taken_without_a_trial(
    precision: str, cache: Path, trials: list[torch.dtype]
) -> None:
    asked = build({"run": {"precision": precision, "device": "cpu", "threads": 1}})
    assert machine.resolve(asked).run.precision == precision
    assert not trials
    assert not list(cache.iterdir())


def test_auto_is_what_the_trial_says(trials: list[torch.dtype]) -> None:
    assert machine.resolve(build({"run": {"device": "cpu", "threads": 1}})).run.precision == "bfloat16"


def test_the_trial_measures_both_precisions() -> None:
    assert all(0 < machine._seconds(dtype) < 60 for dtype in (torch.float32, torch.bfloat16))


def test_a_run_is_resumed_on_the_cpu_by_all_processes_where_one_lacks_its_device(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = build({"run": {"device": "meta", "threads": 1}})
    assert machine.restore(config).run.device == "meta"
    monkeypatch.setattr(processes, "exchange", lambda own: [own, "device 'meta' is not to be had"])
    assert machine.restore(config).run.device == "cpu"
    assert capsys.readouterr().err.startswith("unweave: device 'meta' is not to be had: going on with the cpu")
