"""Sets made of sets: nothing of an image or a label is lost, and nobody is in two splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from unweave.cli import main
from unweave.data.rearrange import export, groups_for_testing, join, pack, split
from unweave.data.table import AttributeTable, read_table
from unweave.errors import UnweaveError


def people(folder: Path, count: int = 20) -> Path:
    """Three images of each person, of the last ones without a label; reading a table opens no image."""
    folder.mkdir()
    rows = ["file_name,who,look"]
    for k in range(3 * count):
        (folder / f"{k:02}.png").write_bytes(f"image {k}".encode())
        rows.append(f"{k:02}.png,{f'p{k // 3}' if k < 3 * count - 3 else ''},{'ab'[k % 2]}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return folder


def by_content(folder: Path) -> dict[bytes, dict[str, str | None]]:
    table = read_table(folder)
    assert table.source is not None
    return {
        (table.source / file).read_bytes(): {name: column[k] for name, column in table.columns.items()}
        for k, file in enumerate(table.files)
    }


def who(table: AttributeTable, of: str) -> set[str | None]:
    return {table.columns["who"][k] for k in table.rows(of)}


def test_a_split_by_person_puts_all_images_of_one_on_one_side(tmp_path: Path) -> None:
    source = people(tmp_path / "in")
    assert split(source, tmp_path / "out", by="who", share=0.2) == {"train": 48, "test": 12}
    table = read_table(tmp_path / "out")
    assert len(who(table, "test")) == 4
    assert not who(table, "train") & who(table, "test")
    assert None in who(table, "train")  # who it is is not known, so it is kept out of the test
    assert by_content(tmp_path / "out") == by_content(source)


def test_a_split_at_random_takes_its_share_of_the_images(tmp_path: Path) -> None:
    source = people(tmp_path / "in")
    assert split(source, tmp_path / "out", share=0.25) == {"train": 45, "test": 15}
    assert by_content(tmp_path / "out") == by_content(source)


def test_the_seed_alone_decides_who_is_tested_on() -> None:
    names = tuple(f"p{k}" for k in range(50))
    assert groups_for_testing(names, 0.1, 7) == groups_for_testing(tuple(reversed(names)) * 2, 0.1, 7)
    assert groups_for_testing(names, 0.1, 7) != groups_for_testing(names, 0.1, 8)
    assert len(groups_for_testing(names, 0.001, 0)) == 1


def test_a_set_that_is_split_already_is_split_anew(toy_folder: Path, tmp_path: Path) -> None:
    assert split(toy_folder, tmp_path / "out", share=0.5) == {"train": 30, "test": 30}
    files = {path.relative_to(tmp_path / "out").parts[1] for path in (tmp_path / "out").rglob("*.png")}
    assert {"train", "test"} <= files  # train/000.png and test/000.png keep apart


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ({"share": 0.0}, "share is 0, expected more than 0 and less than 1"),
        ({"by": "whom"}, "there is no column 'whom' among who, look; did you mean 'who'?"),
        ({"by": "look", "share": 0.9}, "has too few values of 'look' to split, there would be no train images"),
    ],
)
def test_a_split_that_cannot_be_gets_one_line(how: dict, line: str, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError) as error:
        split(people(tmp_path / "in"), tmp_path / "out", **how)
    assert str(error.value).endswith(line)


def test_joined_sets_have_the_columns_of_all_and_miss_what_they_never_had(toy_folder: Path, tmp_path: Path) -> None:
    other = people(tmp_path / "people")
    assert join([toy_folder, other], tmp_path / "out") == ({"train": 48 + 60, "test": 12}, [])
    table = read_table(tmp_path / "out")
    assert table.attributes == ("shape", "colour", "who", "look")
    row = table.files.index("train/people/03.png")
    assert [table.columns[name][row] for name in table.attributes] == [None, None, "p1", "b"]
    row = table.files.index("test/toys/001.png")
    assert [table.columns[name][row] for name in table.attributes] == ["square", "blue", None, None]
    assert (tmp_path / "out/train/people/03.png").read_bytes() == (other / "03.png").read_bytes()


def of_files(folder: Path, *names: str) -> Path:
    """Files whose content is their name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_folders_of_classes_in_several_sets_are_an_attribute_for_each(tmp_path: Path) -> None:
    pets = of_files(tmp_path / "pets", "cat/1.png", "dog/2.png")
    faces = of_files(tmp_path / "faces", "train/smile/1.png", "train/sad/2.png", "test/sad/3.png")
    of_people = people(tmp_path / "people", count=2)
    assert join([pets, of_people, faces], tmp_path / "out") == ({"train": 10, "test": 1}, [])
    table = read_table(tmp_path / "out")
    assert table.attributes == ("pets", "who", "look", "faces")
    assert (table.classes["pets"], table.classes["faces"]) == (("cat", "dog"), ("sad", "smile"))
    labels = {file: [column[k] for column in table.columns.values()] for k, file in enumerate(table.files)}
    assert labels["train/pets/cat/1.png"] == ["cat", None, None, None]
    assert labels["train/faces/smile/1.png"] == [None, None, None, "smile"]
    assert labels["test/faces/sad/3.png"] == [None, None, None, "sad"]


def test_folders_of_classes_in_one_set_alone_stay_an_attribute_called_class(tmp_path: Path) -> None:
    pets = of_files(tmp_path / "pets", "cat/1.png", "dog/2.png")
    join([pets, people(tmp_path / "people", count=2)], tmp_path / "out")
    assert read_table(tmp_path / "out").attributes == ("class", "who", "look")


def test_folders_of_classes_of_two_sets_with_one_in_common_are_parts_of_one_attribute(tmp_path: Path) -> None:
    for name, classes in {"old": ("cat", "dog"), "new": ("dog", "fox")}.items():
        of_files(tmp_path / name, *(f"{label}/{k}.png" for label in classes for k in range(4)))
    join([tmp_path / "old", tmp_path / "new"], tmp_path / "out")
    assert read_table(tmp_path / "out").classes == {"class": ("cat", "dog", "fox")}


def test_folders_of_classes_in_a_set_whose_name_no_attribute_may_have_are_refused(tmp_path: Path) -> None:
    sets = [of_files(tmp_path / name, f"{name} a/1.png", f"{name} b/2.png") for name in ("pets", "split")]
    with pytest.raises(UnweaveError) as error:
        join(sets, tmp_path / "out")
    line = f"{tmp_path / 'split'}: its classes cannot be an attribute called 'split', rename the folder"
    assert str(error.value) == line
    assert not (tmp_path / "out").exists()


def test_sets_with_labels_in_their_names_are_joined_by_a_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    of_files(tmp_path / "a", "ann-left.png", "test/ben-left.png")
    of_files(tmp_path / "b", "ann-right.png")
    main(["data", "join", "a", "b", "-o", "both", "--pattern", "{who}-{side}"])
    line = "the labels of 'side' in a and b are in no other set; where the column means something else, rename it"
    assert capsys.readouterr().out == f"both: 2 train, 1 test\nwarning: {line}\n"
    table = read_table(tmp_path / "both")
    assert table.files == ("train/a/ann-left.png", "train/b/ann-right.png", "test/a/ben-left.png")
    assert table.columns == {"who": ("ann", "ann", "ben"), "side": ("left", "right", "left")}


def test_it_is_told_in_which_sets_a_column_shares_no_label_with_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, classes in {"pets": ("cat", "dog"), "faces": ("sad", "smile"), "more": ("angry", "sad")}.items():
        of_files(tmp_path / "in" / name, *(f"{label}/{k}.png" for label in classes for k in range(4)))
        split(tmp_path / "in" / name, tmp_path / name)
    for sets, told in {"pets faces": "pets and faces", "pets faces more": "pets", "faces more": None}.items():
        main(["data", "join", *sets.split(), "-o", f"out/{sets}"])
        line = f"the labels of 'class' in {told} are in no other set; where the column means something else, rename it"
        assert capsys.readouterr().out.splitlines()[1:] == ([f"warning: {line}"] if told else [])
    assert read_table(tmp_path / "out/pets faces").classes == {"class": ("cat", "dog", "sad", "smile")}


def test_sets_of_one_name_are_numbered(tmp_path: Path) -> None:
    for name in ("a/x", "b/x", "a/x-1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        people(tmp_path / name, count=2)
    join([tmp_path / "a/x", tmp_path / "b/x"], tmp_path / "two")
    assert sorted(path.name for path in (tmp_path / "two/train").iterdir()) == ["metadata.csv", "x-1", "x-2"]
    join([tmp_path / "a/x", tmp_path / "b/x", tmp_path / "a/x-1"], tmp_path / "three")
    names = sorted(path.name for path in (tmp_path / "three/train").iterdir())
    assert names == ["metadata.csv", "x-1", "x-1-3", "x-2"]
    with pytest.raises(UnweaveError, match="there are 1 data sets to join, expected at least 2"):
        join([tmp_path / "a/x"], tmp_path / "other")


def test_any_layout_is_exported_with_its_labels(tmp_path: Path) -> None:
    for name in ("train/001-left.png", "test/002-right.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).write_bytes(name.encode())
    assert export(tmp_path / "in", tmp_path / "out", pattern="{who}-{side}") == {"train": 1, "test": 1}
    line = '{"file_name": "001-left.png", "who": "001", "side": "left"}\n'
    assert (tmp_path / "out/train/metadata.jsonl").read_text() == line
    assert read_table(tmp_path / "out").columns == {"who": ("001", "002"), "side": ("left", "right")}


@pytest.mark.parametrize("command", ["split", "join", "export"])
def test_a_set_is_not_written_among_the_images_it_is_made_of(command: str, toy_folder: Path, tmp_path: Path) -> None:
    other, out = people(tmp_path / "people"), toy_folder / "deep" / "out"
    made = {
        "split": lambda: split(toy_folder, out),
        "join": lambda: join([other, toy_folder], out),
        "export": lambda: export(toy_folder, out),
    }
    with pytest.raises(UnweaveError) as error:
        made[command]()
    assert str(error.value) == f"{out}: lies inside of {toy_folder}, which is left as it is; name a place elsewhere"
    assert not (toy_folder / "deep").exists()


def test_a_packed_folder_reads_alike_and_is_the_same_file_every_time(toy_folder: Path, tmp_path: Path) -> None:
    assert pack(toy_folder, tmp_path / "a.zip") == 62
    assert read_table(tmp_path / "a.zip").columns == read_table(toy_folder).columns
    pack(toy_folder, toy_folder / "b.zip")
    pack(toy_folder, toy_folder / "b.zip")  # does not take itself in
    assert (toy_folder / "b.zip").read_bytes() == (tmp_path / "a.zip").read_bytes()


@pytest.mark.parametrize(
    ("source", "target", "line"),
    [
        ("toys", "a.tar", "expected a name that ends in .zip"),
        ("toys/train/000.png", "a.zip", "is not a folder, expected one to pack"),
        ("empty", "a.zip", "holds no images to pack"),
    ],
)
def test_what_cannot_be_packed_gets_one_line(
    source: str, target: str, line: str, toy_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnweaveError) as error:
        pack(tmp_path / source, tmp_path / target)
    assert str(error.value).endswith(line)
    assert not (tmp_path / target).exists()


def test_the_commands_tell_what_they_wrote(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    people(tmp_path / "people")
    for command, said in {
        "split people halves --by who --share 0.5 --seed 3": "halves: 30 train, 30 test",
        "join toys people -o both": "both: 108 train, 12 test",
        "export both hf": "hf: 108 train, 12 test",
        "pack toys toys.zip": "toys.zip: 62 files, 0.0 MB",
        "check toys --size 32 --crop 20x20+6+6 --sheet toys.png": "toys.png",
    }.items():
        main(["data", *command.split()])
        assert capsys.readouterr().out.splitlines()[-1] == said


def test_a_pattern_is_for_the_joined_sets_without_metadata_and_what_is_wrong_is_said_of_its_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    people(tmp_path / "told", count=2)
    of_files(tmp_path / "named", "p7-a.png", "p8-b.png")
    join(["told", "named"], tmp_path / "out", pattern="{who}-{shape}")
    assert {"p0", "p7", "p8"} <= set(read_table(tmp_path / "out").columns["who"])
    of_files(tmp_path / "odd", "p7.png", "p8.png")
    with pytest.raises(UnweaveError) as caught:
        join(["told", "odd"], tmp_path / "no", pattern="{who}-{shape}")
    line = "odd: p7.png: does not match the pattern {who}-{shape}, which is for the whole name but its ending"
    assert str(caught.value) == line + ' (and 1 more: unweave data check odd --pattern "{who}-{shape}")'
