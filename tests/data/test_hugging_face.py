"""Sets of Hugging Face's package come in, and ours are read by it, with all labels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from unweave.cli import main
from unweave.data import hugging_face
from unweave.data.hugging_face import import_set
from unweave.data.rearrange import export
from unweave.data.table import read_table
from unweave.errors import UnweaveError


def encoded(colour: str, kind: str) -> bytes:
    content = BytesIO()
    Image.new("RGB", (8, 8), colour).save(content, kind)
    return content.getvalue()


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf" / "datasets")
    return datasets


def test_images_and_labels_of_a_saved_set_come_in(datasets, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = [encoded("red", "PNG"), encoded("blue", "JPEG"), None]
    features = datasets.Features(
        {
            "id": datasets.Value("int64"),
            "picture": datasets.Image(),
            "animal": datasets.ClassLabel(names=["cat", "dog"]),
            "wild": datasets.Value("bool"),
            "box": datasets.List(datasets.Value("int64")),
            "split": datasets.Value("string"),
        }
    )
    rows = {
        "id": [7, 8, 9],
        "picture": [None if each is None else {"bytes": each, "path": None} for each in images],
        "animal": [1, -1, 0],
        "wild": [True, None, False],
        "box": [[1], [2], [3]],
        "split": ["x", "y", "z"],
    }
    whole = datasets.Dataset.from_dict(rows, features=features)
    splits = {"train": whole, "val": whole.select([0]), "dev": whole.select([1]), "extra": whole}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "saved")
    capsys.readouterr()
    main(["data", "import", str(tmp_path / "saved"), str(tmp_path / "out")])
    out = tmp_path / "out"
    assert capsys.readouterr().out.splitlines() == [
        f"{out}: 2 train, 2 validation",
        "left out: column 'box'",
        "left out: column 'split'",
        "left out: split 'extra', expected train, validation or test",
        "left out: 1 rows without an image",
    ]
    table = read_table(out)
    assert table.files == ("train/000000.png", "train/000001.jpg", "validation/000000.png", "validation/000001.jpg")
    assert table.columns == {
        "id": ("7", "8", "7", "8"),
        "animal": ("dog", None, "dog", None),
        "wild": ("True", None, "True", None),
    }
    assert (out / "train/000000.png").read_bytes() == images[0]


def test_a_set_on_the_hub_comes_in_by_its_name_and_configuration(
    datasets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    features = datasets.Features({"image": datasets.Image(), "animal": datasets.ClassLabel(names=["cat", "dog"])})
    rows = {"image": [{"bytes": encoded("red", "PNG"), "path": None}], "animal": [1]}
    on_the_hub = datasets.DatasetDict({"train": datasets.Dataset.from_dict(rows, features=features)})
    asked = []

    def load_dataset(path: str, name: str | None = None):
        asked.append((path, name))
        if path == "owner/several" and name is None:
            raise ValueError("Config name is missing.\nPlease pick one among the available configs: ['big', 'small']")
        return on_the_hub

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    for number, source in enumerate(("hf:pets", "hf:owner/pets", "hf:owner/several/small")):
        out = tmp_path / str(number)
        main(["data", "import", source, str(out)])
        assert capsys.readouterr().out == f"{out}: 1 train\n"
        assert (out / "train/000000.png").read_bytes() == encoded("red", "PNG")
        assert read_table(out).columns == {"animal": ("dog",)}
    assert asked == [("pets", None), ("owner/pets", None), ("owner/several", "small")]
    with pytest.raises(UnweaveError) as error:
        import_set("hf:owner/several", tmp_path / "out")
    assert str(error.value) == (
        "hf:owner/several: cannot be loaded (Config name is missing. Please pick one among the available configs: "
        "['big', 'small']); a configuration is named as in hf:owner/name/configuration"
    )
    on_the_hub = datasets.DatasetDict({"cats": on_the_hub["train"], "dogs": on_the_hub["train"]})
    with pytest.raises(UnweaveError) as error:
        import_set("hf:owner/pets", tmp_path / "out")
    assert str(error.value) == "hf:owner/pets: has no split train, validation or test among cats, dogs"
    assert not (tmp_path / "out").exists()


def test_splits_may_be_called_all_that_an_imagefolder_may_call_them(datasets, tmp_path: Path) -> None:
    keywords = datasets.data_files.SPLIT_KEYWORDS
    known = [(name, str(split)) for split, names in keywords.items() for name in names]
    files = {f"column/{name}.png": "" for name, _ in known}
    files["column/metadata.csv"] = "file_name,a,split\n" + "".join(f"{name}.png,x,{name}\n" for name, _ in known)
    for name, _ in known:
        files |= {f"classes/{name}/x/{name}.png": "", f"folders/{name}/{name}.png": ""}
        files[f"folders/{name}/metadata.csv"] = f"file_name,a\n{name}.png,x\n"
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    for kind in ("column", "classes", "folders"):
        table = read_table(tmp_path / kind)
        found = [(Path(file).stem, split) for file, split in zip(table.files, table.splits, strict=True)]
        assert sorted(found) == sorted(known)


def test_what_is_exported_is_read_as_an_imagefolder_with_all_labels(datasets, tmp_path: Path) -> None:
    rows = ["file_name,who,look"]
    for k in range(4):
        (tmp_path / "in/train").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"in/train/{k}.png").write_bytes(encoded("red", "PNG"))
        rows.append(f"{k}.png,00{k},{'a' if k else ''}")
    (tmp_path / "in/train/metadata.csv").write_text("\n".join(rows))
    (tmp_path / "in/test").mkdir()
    (tmp_path / "in/test/0.png").write_bytes(encoded("blue", "PNG"))
    (tmp_path / "in/test/metadata.csv").write_text("file_name,who,look\n0.png,,")
    export(tmp_path / "in", tmp_path / "out")
    loaded = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "hf"))
    assert {split: len(loaded[split]) for split in loaded} == {"train": 4, "test": 1}
    assert loaded["train"]["who"][:] == ["000", "001", "002", "003"]
    assert loaded["train"]["look"][:] == ["", "a", "a", "a"]
    assert loaded["test"][0]["image"].getpixel((0, 0)) == (0, 0, 255)


def test_what_cannot_be_imported_gets_one_line(datasets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnweaveError, match="is no data set to import, expected hf:owner/name or a folder of save_to"):
        import_set(str(tmp_path), tmp_path / "out")
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(UnweaveError, match=r"^/.*: cannot be loaded \(") as error:
        import_set(str(tmp_path), tmp_path / "out")
    assert "\n" not in str(error.value)
    datasets.Dataset.from_dict({"a": [1]}).save_to_disk(tmp_path / "plain")
    with pytest.raises(UnweaveError, match="has no column of images among a"):
        import_set(str(tmp_path / "plain"), tmp_path / "out")
    monkeypatch.setattr(hugging_face, "find_spec", lambda _: None)
    with pytest.raises(UnweaveError, match=r"importing needs the datasets package: pip install 'unweave\[datasets\]'"):
        import_set("hf:a/b", tmp_path / "out")
    assert not (tmp_path / "out").exists()
