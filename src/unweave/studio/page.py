"""The page: a base image and the gallery on the left, what can be done with them on the right."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from unweave.studio import markup, scripts, tabs
from unweave.studio.desk import Desk
from unweave.studio.picked import Picked
from unweave.studio.places import Place, shelf, single


def build(desk: Desk, name: str, gallery: Sequence[Picked]) -> gr.Blocks:
    """The page of a model that commands call `name`; nothing is served yet."""
    size = f"{desk.card.size} x {desk.card.size} pixels"
    line = f"Put a base image down, take attributes from other pictures, move the strengths: all of {size}."
    with gr.Blocks(title=f"unweave studio: {name}", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        gr.HTML(markup.heading(name, line), apply_default_css=False, js_on_load=scripts.PASTE)
        with gr.Row():
            with gr.Column(scale=1, min_width=260):
                base = single(desk, "base image", gallery[0] if gallery else None)
                room = gr.Column(visible=bool(gallery))
            with gr.Column(scale=3, min_width=320), gr.Tabs(overflow_behavior="wrap"):
                made: dict[str, dict[str, Place]] = {}
                opened: dict[str, gr.Tab] = {}
                with gr.Tab("transfer") as opened["transfer"]:
                    made["transfer"] = tabs.transfer(desk, name, base, gallery, page.load)
                with gr.Tab("matrix") as opened["matrix"]:
                    made["matrix"] = tabs.matrix(desk, name, gallery)
                with gr.Tab("interpolate") as opened["interpolate"]:
                    made["interpolate"] = tabs.interpolate(desk, name, base, gallery)
                with gr.Tab("mix") as opened["mix"]:
                    made["mix"] = tabs.mix(desk, name, base, gallery, page.load)
        places = {"base": base} | {f"{tab}/{key}": place for tab, some in made.items() for key, place in some.items()}
        with room:
            where = gr.Radio(_choices(places, "transfer"), value="base", label="A picture of the gallery becomes the")
            shelf(desk, gallery, where, places)
        for tab, item in opened.items():

            def aim(tab: str = tab) -> gr.Radio:
                choices = _choices(places, tab)
                return gr.Radio(choices, value=choices[0][1])

            item.select(aim, outputs=where, show_progress="hidden", api_visibility="private")
    return page


def _choices(places: dict[str, Place], tab: str) -> list[tuple[str, str]]:
    """Where a picture of the gallery can go while a tab is open."""
    first = [] if tab == "matrix" else [(places["base"].label, "base")]
    return first + [(place.label, key) for key, place in places.items() if key.startswith(f"{tab}/")]
