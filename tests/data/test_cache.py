"""The cache of decoded images: right, read-only, made once, made anew when something changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import cache as cache_module
from unweave.data import pool
from unweave.data.cache import cached_images
from unweave.data.pictures import crop_resize, read_picture
from unweave.data.table import read_table, table_from_arrays
from unweave.errors import UnweaveError


def read(folder: Path, **how: object) -> np.ndarray:
    settings = {"size": 32, "channels": 3, "crop": "center"} | how
    return cached_images(read_table(folder), **settings)  # pyright: ignore[reportArgumentType]


def no_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("an image was decoded again")

    monkeypatch.setattr(cache_module, "decode", fail)


def test_every_image_is_there_in_the_tables_order(toy_folder: Path) -> None:
    table = read_table(toy_folder)
    images = read(toy_folder, size=36, channels=1, crop="20x20+6+6")
    assert images.shape == (60, 36, 36, 1)
    assert images.dtype == np.uint8
    for k in (0, 17, 59):
        picture = read_picture(toy_folder / table.files[k])
        assert np.array_equal(images[k], crop_resize(picture, size=36, channels=1, crop="20x20+6+6"))


def test_the_images_are_read_where_they_lie_and_cannot_be_changed(toy_folder: Path, cache: Path) -> None:
    images = read(toy_folder)
    assert isinstance(images, np.memmap)
    assert not images.flags.writeable
    assert [path.name[:8] for path in cache.iterdir()] == ["toys-32-"]


def test_images_are_decoded_once(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(toy_folder)
    no_decoding(monkeypatch)
    assert np.array_equal(read(toy_folder), first)


def test_a_changed_image_is_decoded_anew(toy_folder: Path) -> None:
    assert read(toy_folder)[5].min() < 200
    Image.new("RGB", (32, 32), (201, 202, 203)).save(toy_folder / "train" / "005.png")
    assert (read(toy_folder)[5] == (201, 202, 203)).all()


def test_other_settings_are_other_files(toy_folder: Path, cache: Path) -> None:
    read(toy_folder)
    assert read(toy_folder, channels=1).shape[-1] == 1
    assert read(toy_folder, size=40).shape[1] == 40
    read(toy_folder, crop="20x20+0+0")
    assert len(list(cache.iterdir())) == 4


def test_what_nobody_has_asked_for_in_a_month_goes_when_images_are_decoded(toy_folder: Path, cache: Path) -> None:
    def aged(days: float) -> None:
        for path in cache.iterdir():
            then = time.time() - 86400 * days
            os.utime(path, (then, then))

    read(toy_folder)
    Image.new("RGB", (32, 32)).save(toy_folder / "train" / "005.png")
    read(toy_folder)
    half = next(cache.iterdir())
    half.with_name(f".{half.name}.0123abcd.part").touch()
    np.save(cache / "mine-32.npy", np.zeros(3))
    aged(29)
    read(toy_folder, size=40)
    assert len(list(cache.iterdir())) == 5
    aged(31)
    (shared,) = cache.glob("toys-40-*.npy")
    os.utime(shared, (time.time(), shared.stat().st_mtime))  # read by somebody who may not change its times
    read(toy_folder)  # is there, and in use from now on
    read(toy_folder, channels=1)
    assert sorted(path.name[:8] for path in cache.iterdir()) == ["mine-32.", "toys-32-", "toys-32-", "toys-40-"]


def test_a_cache_that_was_cut_short_is_made_anew(toy_folder: Path, cache: Path) -> None:
    first = np.array(read(toy_folder))
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    assert np.array_equal(read(toy_folder), first)


def test_nothing_is_unpickled(toy_folder: Path, cache: Path) -> None:
    first = np.array(read(toy_folder))
    (path,) = cache.iterdir()
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert np.array_equal(read(toy_folder), first)


def test_a_kill_half_way_leaves_nothing_that_is_taken_for_complete(toy_folder: Path, cache: Path) -> None:
    code = """
import time
from unweave.data import cache, pool
pool.BLOCK = 8
decode = cache.decode
def slow(data, name):
    if name == "train/030.png":
        print("half", flush=True)
        time.sleep(60)
    return decode(data, name)
cache.decode = slow
cache.cached_images(cache_table, size=32, channels=3, crop="center")
""".replace("cache_table", f"__import__('unweave.data.table').data.table.read_table({str(toy_folder)!r})")
    running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "half\n"
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert [path.suffix for path in cache.iterdir()] == [".part"]
    assert read(toy_folder)[59].min() < 200


def test_a_failed_image_leaves_no_file(toy_folder: Path, cache: Path) -> None:
    (toy_folder / "train" / "009.png").write_bytes(b"hello")
    with pytest.raises(UnweaveError, match=r"^train/009.png: is not an image that can be read"):
        read(toy_folder)
    assert list(cache.iterdir()) == []


def test_a_crop_that_does_not_fit_names_the_image(toy_folder: Path) -> None:
    with pytest.raises(UnweaveError) as error:
        read(toy_folder, crop="32x32+1+0")
    assert str(error.value) == "train/000.png: is 32 x 32 pixels, the crop 32x32+1+0 reaches out of it"


def test_read_only_data_will_do(toy_folder: Path, cache: Path) -> None:
    before = sorted(toy_folder.rglob("*"))
    for path in [*before, toy_folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert read(toy_folder).shape == (60, 32, 32, 3)
    assert sorted(toy_folder.rglob("*")) == before
    for path in [*before, toy_folder]:
        path.chmod(0o755)


def test_a_cache_folder_that_cannot_be_written_names_the_setting(
    toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNWEAVE_CACHE", str(tmp_path / "file"))
    with pytest.raises(UnweaveError) as error:
        read(toy_folder)
    line = str(error.value)
    assert line.startswith(f"{tmp_path / 'file'}/toys-32-")
    assert line.endswith("; set UNWEAVE_CACHE to a folder for decoded images")


def test_arrays_are_cut_in_memory(cache: Path) -> None:
    pixels = np.zeros((3, 40, 48, 1), np.uint8)
    pixels[:, :, 4:44] = 7
    images = cached_images(table_from_arrays(pixels, {"a": ["x", "y", "x"]}), size=32, channels=3, crop="center")
    assert np.array_equal(images, np.full((3, 32, 32, 3), 7, np.uint8))
    assert not images.flags.writeable
    assert not list(cache.iterdir())


def test_many_images_are_decoded_in_the_memory_of_a_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "BLOCK", 8)
    folder, count = tmp_path / "many", 300
    (folder / "a").mkdir(parents=True)
    Image.effect_noise((64, 64), 50).convert("RGB").save(folder / "a" / "00000.jpg")
    for k in range(1, count):
        os.link(folder / "a" / "00000.jpg", folder / "a" / f"{k:05}.jpg")
    table = read_table(folder)
    tracemalloc.start()
    images = cached_images(table, size=64, channels=3, crop="center")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert images.shape == (count, 64, 64, 3)
    assert np.array_equal(images[-1], images[0])
    assert peak < images.nbytes / 2
