"""Where pictures are put down on the page: single places and rows of them, filled from a file or from the gallery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import Any

import gradio as gr

from unweave.errors import UnweaveError
from unweave.studio import markup, scripts
from unweave.studio.desk import Desk, Donor
from unweave.studio.picked import Picked, uploaded

MOST_IN_ROW = 8
"""Pictures in a row: of sources, of exemplars."""
AT_ONCE: dict[str, Any] = {
    "queue": False,
    "trigger_mode": "always_last",
    "show_progress": "hidden",
    "api_visibility": "private",
}
"""How a movement of a slider is answered: at once, and of several that wait the last one only."""


@dataclass(frozen=True)
class Place:
    """Somewhere to put a picture. What it holds is the truth, what it shows follows."""

    label: str
    held: gr.State
    """A `Picked`, or a class's name in a slot of an attribute, or None; of a row a tuple of `Picked`."""
    row: bool = False

    def with_one_more(self, held: Any, picked: Picked) -> Any:
        """What it holds after another picture was put there."""
        return (*held, picked)[-MOST_IN_ROW:] if self.row else picked


def told(work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, with a mistake as one line on the page."""

    @wraps(work)
    def safe(*given: Any) -> Any:
        try:
            return work(*given)
        except UnweaveError as error:
            raise gr.Error(escape(str(error)), print_exception=False) from None

    return safe


def single(desk: Desk, label: str, start: Picked | None) -> Place:
    """A place for one picture: by click, drop or paste, and emptied again.

    Uploads are not preprocessed: Gradio would open them with whatever decoder of Pillow's takes them.
    """
    held = gr.State(start)
    with gr.Column(min_width=140, elem_classes="slot"):
        image = gr.Image(
            None if start is None else desk.picture(start),
            label=label,
            alt_text=label,
            placeholder="Drop or click",
            sources=["upload", "clipboard"],
            type="filepath",
            format="png",
            buttons=[],
            height=196,
        )

    def take(given: dict[str, Any] | None, before: Donor | None) -> tuple[Any, Any]:
        if given is None:
            return gr.skip(), None
        donor = read(desk, given) or before
        # What is new is shown because what is held changes. Were it shown twice, Gradio would write the file again
        # while the browser fetches it.
        return (show(donor) if donor == before else gr.skip()), donor

    def show(donor: Donor | None) -> Any:
        return desk.picture(donor) if isinstance(donor, Picked) else None

    image.upload(take, [image, held], [image, held], preprocess=False, show_progress="hidden", api_visibility="private")
    image.clear(lambda: None, outputs=held, api_visibility="private")
    held.change(show, held, image, show_progress="hidden", api_visibility="private")
    return Place(label, held)


def several(desk: Desk, label: str, start: Sequence[Picked]) -> Place:
    """A row of pictures, added to from files and emptied again."""
    held = gr.State(tuple(start))

    def show(row: Sequence[Picked]) -> str:
        return markup.row(label, [(desk.picture(each), each.told) for each in row])

    def take(given: list[dict[str, Any]] | None, before: tuple[Picked, ...]) -> tuple[Picked, ...]:
        more = [picked for file in given or [] if (picked := read(desk, file))]
        return (*before, *more)[-MOST_IN_ROW:]

    with gr.Column(min_width=260):
        shown = gr.HTML(show(start), apply_default_css=False)
        with gr.Row():
            more = gr.UploadButton(f"Add {label}", file_count="multiple", file_types=["image"], size="sm")
            none = gr.Button(f"Clear {label}", size="sm")
    more.upload(take, [more, held], held, preprocess=False, show_progress="hidden", api_visibility="private")
    none.click(lambda: (), outputs=held, api_visibility="private")
    held.change(show, held, shown, show_progress="hidden", api_visibility="private")
    return Place(label, held, row=True)


def read(desk: Desk, given: Mapping[str, Any]) -> Picked | None:
    """An uploaded picture, with a line on the page where it is not all that it seems; None if it cannot be used."""
    try:
        picked, note = uploaded(str(given["path"]), str(given.get("orig_name") or "image"), desk.card)
    except UnweaveError as error:
        gr.Warning(escape(str(error)))
        return None
    if note:
        gr.Info(escape(note))
    if desk.card.reconstruction.get("limit") and (distance := desk.distance(picked)) > 1:
        gr.Info(escape(f"{picked.path}: is unlike the training images ({distance:.1f} times the limit)"))
    return picked


def shelf(desk: Desk, pictures: Sequence[Picked], where: gr.Radio, places: dict[str, Place]) -> None:
    """The gallery, whose pictures go where the radio buttons say."""
    seen = markup.gallery([(desk.picture(each), each.told) for each in pictures])
    shown = gr.HTML(seen, apply_default_css=False, js_on_load=scripts.PICK)
    states = [place.held for place in places.values()]

    def put(event: gr.EventData, chosen: str, *held: Any) -> list[Any]:
        picked, number = pictures[int(event.number)], list(places).index(chosen)
        return [
            place.with_one_more(held[k], picked) if k == number else gr.skip()
            for k, place in enumerate(places.values())
        ]

    shown.select(
        put, [where, *states], states, trigger_mode="multiple", show_progress="hidden", api_visibility="private"
    )
