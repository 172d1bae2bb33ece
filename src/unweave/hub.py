"""Models shared: a folder with a model file and a card to read, and the Hugging Face Hub, where such folders lie.

Of a repository one file is downloaded, model.safetensors, in which nothing can run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from unweave.errors import UnweaveError
from unweave.files import is_run, replacing
from unweave.model import REPOSITORY, Model

MODEL = "model.safetensors"


def save_pretrained(model: Model, folder: Path, repo_id: str = "") -> None:
    """Write the model file and its page, with the grid of swaps if it comes from a run that has one.

    `repo_id`: "owner/name", where the page is for the Hub. Raises `UnweaveError` as `Model.save_pretrained` does.
    """
    generator = model.generator
    from unweave.checkpoint import save_model  # with torch, which a search on the Hub does without
    from unweave.model_page import GRID, best_grid, page

    run = model.path.parent if is_run(model.path.parent) else None
    grid = best_grid(run, model.card.step) if run else None
    with replacing(folder) as temporary:
        temporary.mkdir()
        save_model(temporary / MODEL, model.card, generator, model.means)
        if grid:
            shutil.copyfile(grid, temporary / GRID)
        name = repo_id or folder.absolute().name
        (temporary / "README.md").write_text(page(model, name, run=run, grid=bool(grid)), encoding="utf-8")


def push_to_hub(model: Model, repo_id: str, *, private: bool, api: Any = None) -> str:
    """Make the repository if there is none, and upload what `save_pretrained` writes; the repository's address."""
    if not REPOSITORY.fullmatch(repo_id):
        raise UnweaveError(f"repo_id is '{repo_id}', expected OWNER/NAME, such as anna/faces")
    with TemporaryDirectory() as folder:
        made = Path(folder) / repo_id.split("/")[1]
        save_pretrained(model, made, repo_id)
        with _told(f"{repo_id}: cannot be pushed"):
            if api is None:
                from huggingface_hub import HfApi

                api = HfApi(library_name="unweave")
            address = api.create_repo(repo_id, private=private, exist_ok=True)
            api.upload_folder(repo_id=repo_id, folder_path=made, commit_message="A model of unweave")
    return str(address)


def fetch(repo_id: str) -> Path:
    """The model file of a repository on the Hub: downloaded, or the copy in the cache where the Hub is out of reach."""
    with _told(f"{repo_id}: no such run folder or model file here"):
        from huggingface_hub import hf_hub_download

        offline = not _answers(repo_id)
        return Path(hf_hub_download(repo_id, MODEL, library_name="unweave", local_files_only=offline))


def _answers(repo_id: str) -> bool:
    """Whether the Hub is there at all; asked once, as a download goes on trying for half a minute."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError

    try:
        get_hf_file_metadata(hf_hub_url(repo_id, MODEL))
    except HfHubHTTPError:
        return True  # what it refuses the download says
    except Exception:  # errors of connections have no class in common
        return False
    return True


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever the Hub or the way to it refuses becomes one line that begins with `what`."""
    if find_spec("huggingface_hub") is None:
        raise UnweaveError(f"{what}; for the Hugging Face Hub: pip install 'unweave[hub]'")
    from huggingface_hub import errors

    login = "log in with: hf auth login"
    reasons = (  # the special ones first, as some are kinds of others
        (errors.GatedRepoError, f"asks you to request access first, on the page of the repository; then {login}"),
        (errors.RepositoryNotFoundError, f"has no such repository, or a private one; for that {login}"),
        (errors.LocalTokenNotFoundError, f"does not know you; {login}"),
        ((errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled), "cannot be reached; no copy is in the cache"),
        (errors.EntryNotFoundError, f"has a repository of that name, but it holds no {MODEL}"),
        (errors.HFValidationError, "has no such names"),
    )
    try:
        yield
    except Exception as error:  # the client's errors, and those of its connections, have no class in common
        response = getattr(error, "response", None)
        reason = next((text for kinds, text in reasons if isinstance(error, kinds)), None)
        if reason is None and getattr(response, "status_code", None) in (401, 403):
            reason = f"does not let you; {login}, with a token that may write there"
        if reason is None:
            first = next(iter(str(error).split("\n")), "")
            reason = f"cannot be reached or refuses ({type(error).__name__}: {first})"
        raise UnweaveError(f"{what}, and the Hugging Face Hub {reason}") from error
