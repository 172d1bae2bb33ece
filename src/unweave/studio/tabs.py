"""What can be done with the pictures put down: transfer, mix, interpolate, and a matrix of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from unweave.codes import is_finite
from unweave.draw import grid, strip
from unweave.errors import UnweaveError
from unweave.studio import markup, scripts, spelled
from unweave.studio.desk import Desk, Donor, loop, shares
from unweave.studio.picked import Picked, spread, unlike
from unweave.studio.places import AT_ONCE, Place, several, single, told

MOST_MIXED = 5
"""Pictures of a mixture."""
WEAKEST, STRONGEST, STEP = -0.5, 1.5, 0.05
"""Of strengths."""
FEWEST, MOST_STEPS = 2, 16
"""Of steps."""
NO_BASE = "Put a base image down first."

Places = dict[str, Place]
Update = Callable[..., Any]


def transfer(desk: Desk, name: str, base: Place, gallery: Sequence[Picked], load: Callable[..., Any]) -> Places:
    """A slot for each attribute, with an exemplar or a class, and its strength; the result follows at once."""
    attributes = desk.model.attributes
    places: Places = {}
    sliders: dict[str, gr.Slider] = {}
    with gr.Row():
        shown = _result()
        with gr.Column(scale=2, min_width=320):
            for attribute in attributes:
                with gr.Row():
                    places[attribute] = single(desk, f"{attribute} from", None)
                    with gr.Column(scale=2, min_width=160):
                        if attribute in desk.model.means:
                            _classes(desk, attribute, places[attribute])
                        label = f"{attribute} strength"
                        sliders[attribute] = gr.Slider(
                            WEAKEST, STRONGEST, 1.0, step=STEP, label=label, buttons=["reset"]
                        )

    def update(base: Picked | None, *given: Any) -> Any:
        if base is None:
            return markup.line(NO_BASE), ""
        donors: dict[str, Donor] = {
            name: donor for name, donor in zip(attributes, given, strict=False) if donor is not None
        }
        strengths = held(given[len(attributes) :], WEAKEST, STRONGEST)
        if strengths is None:
            return gr.skip()  # a number is being typed
        moved = {name: strength for name, strength in zip(attributes, strengths, strict=True) if name in donors}
        taken = ", ".join(_taken(attribute, donor, moved[attribute]) for attribute, donor in donors.items())
        told = f"Result: {base.told}" + (f"; with {taken}" if taken else ", reconstructed")
        text = spelled.transfer(name, base, donors, moved)
        return markup.shown(desk.changed(base, donors, moved), told, "out.png"), markup.spelled(*text)

    _examples(attributes, base, places, sliders, gallery)
    given = [base.held, *(place.held for place in places.values()), *sliders.values()]
    _follow(update, given, (shown, _spelled()), [base, *places.values()], list(sliders.values()), load)
    return places


def mix(desk: Desk, name: str, base: Place, gallery: Sequence[Picked], load: Callable[..., Any]) -> Places:
    """Up to five pictures with weights, whose mean code of an attribute the base is given."""
    places: Places = {}
    weights: list[gr.Slider] = []
    with gr.Row():
        shown = _result()
        with gr.Column(scale=2, min_width=320):
            attribute = _attribute(desk)
            starts = [*spread(gallery[1:], 2), *[None] * MOST_MIXED]
            for number, start in enumerate(starts[:MOST_MIXED]):
                with gr.Row():
                    places[str(number)] = single(desk, f"picture {number + 1}", start)
                    with gr.Column(scale=2, min_width=160):
                        weights.append(gr.Slider(0, 1, 0.5, step=STEP, label=f"weight {number + 1}", buttons=[]))

    def update(base: Picked | None, attribute: str, *given: Any) -> Any:
        if base is None:
            return markup.line(NO_BASE), ""
        shared = held(given[MOST_MIXED:], 0, 1)
        if shared is None:
            return gr.skip()  # a number is being typed
        try:
            parts = shares(list(zip(given[:MOST_MIXED], shared, strict=True)))
        except UnweaveError as error:
            return markup.line(str(error)), ""
        told = ", ".join(f"{share:.0%} {picked.told_of(attribute)}" for picked, share in parts)
        text = spelled.mix(name, base, attribute, parts)
        picture = desk.mixed(base, attribute, parts)
        return markup.shown(picture, f"Result: {attribute} of {told}", "out.png"), markup.spelled(*text)

    given = [base.held, attribute, *(place.held for place in places.values()), *weights]
    _follow(update, given, (shown, _spelled()), [base, *places.values()], [attribute, *weights], load)
    return places


def interpolate(desk: Desk, name: str, base: Place, gallery: Sequence[Picked]) -> Places:
    """A passage between two exemplars, as a strip and as an animation."""
    attribute = _attribute(desk)
    start = gallery[0] if gallery else None
    end = start and (unlike(gallery, start, desk.model.attributes[0]) or gallery[-1])
    with gr.Row():
        places = {"start": single(desk, "first exemplar", start), "end": single(desk, "last exemplar", end)}
    steps = gr.Slider(FEWEST, MOST_STEPS, 8, step=1, precision=0, label="steps", buttons=[])
    button = gr.Button("Interpolate", variant="primary")
    shown = _shown()
    with gr.Accordion("Animation"):
        moving = _shown()
    lines = _spelled()

    @told
    def update(
        base: Picked | None, attribute: str, start: Picked | None, end: Picked | None, number: Any
    ) -> tuple[str, str, str]:
        if base is None or start is None or end is None:
            raise UnweaveError("a passage needs a base image and both exemplars")
        steps = int(_known(number, FEWEST, MOST_STEPS, "number of steps") + 0.5)
        frames = desk.passage(base, attribute, start, end, steps)
        text = spelled.interpolate(name, base, attribute, start, end, steps)
        told = f"{attribute} in {steps} steps from {start.told_of(attribute)} to {end.told_of(attribute)}"
        made = strip(frames, desk.picture(start), desk.picture(end), source=desk.picture(base))
        picture = markup.shown(made, told, "strip.png", wide=True)
        return picture, markup.shown(loop(frames), f"{told}, and back", "loop.webp"), markup.spelled(*text)

    given = [base.held, attribute, places["start"].held, places["end"].held, steps]
    button.click(update, given, [shown, moving, lines], preprocess=False, api_visibility="private")
    return places


def matrix(desk: Desk, name: str, gallery: Sequence[Picked]) -> Places:
    """Every source with every exemplar of one attribute."""
    attribute = _attribute(desk)
    strength = gr.Slider(WEAKEST, STRONGEST, 1.0, step=STEP, label="strength", buttons=["reset"])
    some = spread(gallery, 6)
    with gr.Row():
        places = {"sources": several(desk, "sources", some[::2]), "exemplars": several(desk, "exemplars", some[1::2])}
    button = gr.Button("Make the matrix", variant="primary")
    shown = _shown()
    lines = _spelled()

    @told
    def update(
        attribute: str, number: Any, sources: tuple[Picked, ...], exemplars: tuple[Picked, ...]
    ) -> tuple[str, str]:
        if not sources or not exemplars:
            raise UnweaveError("a matrix needs at least one source and one exemplar")
        strength = _known(number, WEAKEST, STRONGEST, "strength")
        made = grid(
            desk.matrix(attribute, sources, exemplars, strength),
            row_headers=[desk.picture(source) for source in sources],
            column_headers=[desk.picture(exemplar) for exemplar in exemplars],
        )
        told = f"{attribute} of each exemplar (columns) on each source (rows)"
        text = spelled.matrix(name, attribute, sources, exemplars, strength)
        return markup.shown(made, told, "matrix.png", wide=True), markup.spelled(*text)

    given = [attribute, strength, places["sources"].held, places["exemplars"].held]
    button.click(update, given, [shown, lines], preprocess=False, api_visibility="private")
    return places


def held(numbers: Sequence[Any], low: float, high: float) -> list[float] | None:
    """What sliders or their boxes give, brought into the sliders' range; None where one of it is no number."""
    return [min(max(float(each), low), high) for each in numbers] if all(map(is_finite, numbers)) else None


def _known(number: Any, low: float, high: float, what: str) -> float:
    if found := held([number], low, high):
        return found[0]
    raise UnweaveError(f"the {what} is missing, expected a number from {low:g} to {high:g}")


def _classes(desk: Desk, attribute: str, place: Place) -> None:
    """A class in the place of an exemplar."""
    nothing = "no class"
    chosen = gr.Dropdown(
        [(nothing, ""), *((label, f"={label}") for label in desk.model.classes[attribute])],
        value="",
        label=f"or the mean of a class of {attribute}",
    )

    def choose(choice: str, before: Donor | None) -> Donor | None:
        return choice[1:] if choice else (before if isinstance(before, Picked) else None)

    def follow(donor: Donor | None) -> str:
        return f"={donor}" if isinstance(donor, str) else ""

    queued = {**AT_ONCE, "queue": True}  # else the page is not told that what is held has changed
    chosen.input(choose, [chosen, place.held], place.held, **queued)
    place.held.change(follow, place.held, chosen, show_progress="hidden", api_visibility="private")


def _examples(
    attributes: Sequence[str],
    base: Place,
    places: Places,
    sliders: Mapping[str, gr.Slider],
    gallery: Sequence[Picked],
) -> None:
    """Buttons that put pictures of the gallery down: one for each attribute, and one for all of them."""
    found = {name: donor for name in attributes if gallery and (donor := unlike(gallery[1:], gallery[0], name))}
    if not found:
        return
    examples = {f"{name}: {dict(donor.labels)[name]}": {name: donor} for name, donor in found.items()}
    examples |= {"all of these": found} if len(found) > 1 else {}
    changed = [base.held, *(place.held for place in places.values()), *sliders.values()]
    gr.Markdown("Examples, at one click:")
    with gr.Row():
        for label, donors in examples.items():

            def put(donors: Mapping[str, Picked] = donors) -> list[Any]:
                return [gallery[0], *(donors.get(name) for name in attributes), *([1.0] * len(attributes))]

            gr.Button(label, size="sm", min_width=100).click(
                put, outputs=changed, show_progress="hidden", api_visibility="private"
            )


def _follow(
    update: Update,
    given: Sequence[Any],
    results: Sequence[Any],
    places: Sequence[Place],
    controls: Sequence[gr.Slider | gr.Dropdown],
    load: Callable[..., Any],
) -> None:
    """Results follow what is put down and every movement of a control.

    Nothing is preprocessed: where a number is out of range Gradio would fail, and of what is typed most is for a while.
    """
    triggers = [*(place.held.change for place in places), *(control.change for control in controls), load]
    gr.on(triggers, told(update), list(given), list(results), preprocess=False, **AT_ONCE)


def _attribute(desk: Desk) -> gr.Dropdown:
    names = list(desk.model.attributes)
    return gr.Dropdown(names, value=names[0], label="Attribute")


def _result() -> gr.HTML:
    with gr.Column(scale=1, min_width=260, elem_classes="result"):
        return _shown()


def _shown() -> gr.HTML:
    return gr.HTML("", apply_default_css=False, js_on_load=scripts.SAVE)


def _spelled() -> gr.HTML:
    with gr.Accordion("The same as a command and in Python", open=False):
        return gr.HTML("", apply_default_css=False, js_on_load=scripts.COPY)


def _taken(attribute: str, donor: Donor, strength: float) -> str:
    where = f"the mean of {donor}" if isinstance(donor, str) else donor.told_of(attribute)
    return f"{attribute} of {where}" + ("" if strength == 1 else f" at {strength:g}")
