"""The command line as a whole: start, version, errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from unweave import __version__
from unweave.cli import app, main

COMMANDS = (
    *("augment", "compare", "data", "encode", "evaluate", "export", "faces", "info"),
    *("interpolate", "mix", "synthesize", "train", "transfer", "translate"),
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "unweave", *arguments], capture_output=True, text=True)


def imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines())


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command line says on stderr of arguments that it refuses."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert [name for name in COMMANDS if not re.search(rf"^  {name}\b", done.stdout, re.MULTILINE)] == []


def test_help_says_of_every_command_what_its_docstring_does() -> None:
    shown = run("--help").stdout
    for command in COMMANDS:
        target = app[command].default_command
        if target is not None:
            assert f"  {command}: {(target.__doc__ or '').splitlines()[0]}\n" in shown
        else:
            assert re.search(rf"^  {command}: [A-Z].{{20,}}\.$", shown, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([command, "--help"])
    assert f"Usage: unweave {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["transfer", "--help"]])
def test_help_and_version_import_neither_torch_nor_numpy(arguments: list[str]) -> None:
    imported = imported_by(f"from unweave.cli import main\nmain({arguments})")
    assert {"torch", "numpy", "PIL"} & imported == set()


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out.strip() == __version__


def test_unknown_command_is_one_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    said = mistake(capsys, "trian")
    assert said.startswith('unweave: Unknown command "trian". Did you mean "train"?')
    assert said.count("\n") == 1


def test_unknown_option_is_one_unwrapped_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    name = "--data.sise" + "e" * 5
    said = mistake(capsys, "train", "x" * 200, name, "3")
    assert said == f"unweave: Unknown option: {name}. Did you mean --data.size?\n"


def test_mistake_in_a_process_leaves_with_2_and_without_a_traceback() -> None:
    done = run("train", "no-such-folder", "-o", "run")
    assert done.returncode == 2
    assert re.fullmatch(r"unweave: .*no-such-folder.*\n", done.stderr)


def test_unexpected_errors_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(app), "__call__", broken)
    with pytest.raises(ZeroDivisionError):
        main(["--version"])


def test_a_missing_package_is_one_line_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'tqdm'", name="tqdm")

    monkeypatch.setattr(type(app), "__call__", missing)
    assert mistake(capsys, "info") == "unweave: this needs tqdm, which is not installed: pip install tqdm\n"


def test_output_that_nobody_reads_ends_a_command_in_silence() -> None:
    code = "from unweave.cli import app, main; type(app).__call__ = lambda *_, **__: print('x' * 10**7); main(['info'])"
    command = f'{sys.executable} -c "{code}" | head -c 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (141, "x", "")


def test_ctrl_c_leaves_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("unweave.cli.train.layered", interrupted)
    with pytest.raises(SystemExit) as left:
        main(["train", "faces64", "--dry-run"])
    assert left.value.code == 130


def test_a_name_too_long_for_a_file_gets_one_line() -> None:
    for arguments in (["data", "check", "x" * 300], ["info", "x" * 300], ["transfer", "faces64", "x" * 300]):
        more = ["--from", "light=a.png", "-o", "o.png"] if arguments[0] == "transfer" else []
        done = run(*arguments, *more)
        assert done.returncode == 2
        assert re.fullmatch(r"unweave: x{300}: .*[Ff]ile name too long.*\n", done.stderr)


def test_letters_that_the_terminal_does_not_have_are_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "a-b.png").touch()
    command = [sys.executable, "-m", "unweave", "data", "check", str(tmp_path), "--pattern", "{größe}-{x}"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert r"gr\xf6\xdfe" in done.stdout
    assert done.returncode == 2  # an empty file is no image
    assert "Traceback" not in done.stderr


def test_an_unknown_users_home_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["info"], ["data", "check"]):
        assert mistake(capsys, *command, "~nosuchuser/x") == "unweave: ~nosuchuser/x: there is no such user\n"


@pytest.mark.usefixtures("hearing")
@pytest.mark.parametrize(("name", "left"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_process_that_is_asked_to_end_once_or_twice_removes_what_is_half_written(
    name: str, left: int, tmp_path: Path
) -> None:
    code = f"""
import os, signal
from unweave import files
from unweave.cli import main
from unweave.data.store import Store
remove = files.remove
def asked(*_):
    os.kill(os.getpid(), signal.{name})
    return b""
def asked_again(path):
    asked()
    remove(path)
Store.read, files.remove = asked, asked_again
main(["data", "unpack", "faces64", {str(tmp_path / "out")!r}])
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == left
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    code = f"""
import os, signal
from unweave.cli import main
from unweave.data.store import Store
signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does
read = Store.read
def closed(store, name):
    os.kill(os.getpid(), signal.SIGHUP)
    return read(store, name)
Store.read = closed
main(["data", "unpack", "faces64", {str(tmp_path / "out")!r}])
"""
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0
    assert (tmp_path / "out" / "test" / "metadata.csv").exists()


def test_package_lists_and_finds_its_public_names_without_importing_torch() -> None:
    code = "import unweave\nassert set(unweave.__all__) <= set(dir(unweave))\nunweave.UnweaveError, unweave.preset"
    assert "torch" not in imported_by(code)


def test_every_public_name_is_there_and_train_is_the_function_even_after_its_module_was_imported() -> None:
    code = "from unweave.training import resume\nimport unweave\nassert callable(unweave.train)"
    assert "torch" in imported_by(f"{code}\nfor name in sorted(unweave.__all__): getattr(unweave, name)")


def test_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import unweave

    with pytest.raises(AttributeError, match="no attribute 'transmogrify'"):
        _ = unweave.transmogrify  # pyright: ignore[reportAttributeAccessIssue]
