"""The studio's own HTML: pictures that say what they show, a gallery of buttons, and how they look."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO

from PIL.Image import Image

CSS = """
.shown, .gallery, .heading {margin: 0; padding: 0}
.shown img {width: 100%; max-width: 20rem; border-radius: 6px}
.shown .wide img {width: auto; max-width: 100%}
.wide {overflow-x: auto; scrollbar-width: thin}
.wide.more {mask-image: linear-gradient(to left, transparent, #000 3rem)}
.wide + .hint {display: none}
.wide.scrolls + .hint {display: block}
.shown figcaption, .line {font-size: 0.9rem; margin: 0.3rem 0}
.shown button, .spelled button, .gallery button {cursor: pointer; color: inherit; background: none; font: inherit}
.shown button, .spelled button {border: 1px solid currentColor; border-radius: 6px; padding: 0.3rem 0.8rem}
.gallery {display: flex; flex-wrap: wrap; gap: 4px; max-height: 15rem; overflow-y: auto; list-style: none}
.gallery li {flex: none; margin: 0; padding: 0; line-height: 0}
.gallery button {border: 2px solid transparent; border-radius: 6px; padding: 0}
.gallery img {width: 3.6rem; border-radius: 4px}
.spelled pre {font: 0.85rem monospace; margin: 0 0 0.4rem}
.shown button:focus-visible, .spelled button:focus-visible, .gallery button:focus-visible, .wide:focus-visible,
input[type=range]:focus-visible {outline: 3px solid var(--color-accent); outline-offset: 1px}
.wide:focus-visible {outline-offset: -3px}
.heading h1 {font-size: 1.4rem; margin: 0}
.gradio-container {overflow: clip !important}
.slot .block {display: flex; flex-direction: column}
.slot .block label[data-testid=block-label] {
  position: static; align-self: flex-start; max-width: calc(100% - 1.6rem); padding-right: 0;
  border: none; box-shadow: none
}
.slot .block label[data-testid=block-label] span {display: none}
.slot .block [data-testid=image] {flex: 1; height: auto; min-height: 0}
.slot img {width: 100%; height: 100%; object-fit: contain}
.label-wrap {text-align: left}
.result {position: sticky; top: 0; z-index: 60; align-self: flex-start; background: var(--body-background-fill)}
@media (max-width: 640px) {
  .tab-container button {padding-inline: 0.6rem !important}
  .gallery {flex-wrap: nowrap; overflow-x: auto}
  .result .shown {display: grid; grid-template-columns: 7.5rem 1fr; column-gap: 0.8rem; align-items: start}
  .result .shown img {grid-row: span 2}
  .result .shown figcaption {font-size: 0.8rem}
}
"""
"""The result stays in sight while a slider is moved; on a telephone the gallery is one row. A place's label has a line
of its own, above the picture, and what is wider than the page fades where it goes on."""

SMALLEST = 0.55
"""Of its own size, to which a wide picture shrinks before it scrolls."""


def shown(picture: Image | bytes, told: str, file: str, *, wide: bool = False) -> str:
    """A picture with a line that says what it is, and a button that saves it as `file`.

    `picture`: a picture of Pillow's, or the bytes of an animated WebP. Pictures that are `wide` scroll sideways.
    """
    least = f' style="min-width: {picture.width * SMALLEST:.0f}px"' if wide and isinstance(picture, Image) else ""
    image = f'<img src="{_address(picture)}" alt="{escape(told)}"{least}>'
    if wide:
        image = _wide("div", told, image) + '<p class="line hint">Scroll sideways to see the rest.</p>'
    save = f'<button type="button" data-save="{escape(file)}">Download {escape(file)}</button>'
    return f'<figure class="shown">{image}<figcaption aria-live="polite">{escape(told)}</figcaption>{save}</figure>'


def gallery(pictures: Sequence[tuple[Image, str]]) -> str:
    """Small pictures to be pressed, with what each shows."""
    return _row(
        f'<button type="button" data-number="{number}" aria-label="{escape(told)}" title="{escape(told)}">'
        f'<img src="{_address(picture)}" alt=""></button>'
        for number, (picture, told) in enumerate(pictures)
    )


def row(label: str, pictures: Sequence[tuple[Image, str]]) -> str:
    """Small pictures to be seen, with what each shows, below a label."""
    items = [f'<img src="{_address(each)}" alt="{escape(told)}" title="{escape(told)}">' for each, told in pictures]
    told = line(label if items else f"{label}: none yet")
    return f'<section aria-label="{escape(label)}">{told}{_row(items)}</section>'


def spelled(command: str, python: str) -> str:
    """A command line and lines of Python, each to be copied or saved."""
    return "".join(
        f'<section class="spelled" aria-label="{label}"><p class="line">{label}</p>{_wide("pre", label, escape(text))}'
        f'<button type="button" data-copy>Copy {label}</button> '
        f'<button type="button" data-keep="{file}">Download {file}</button></section>'
        for label, file, text in (("Command line", "picture.sh", command), ("Python", "picture.py", python))
    )


def line(text: str) -> str:
    """A line of text."""
    return f'<p class="line">{escape(text)}</p>'


def _wide(tag: str, told: str, content: str) -> str:
    """What can be wider than the page, and scrolls by the keyboard as well."""
    return f'<{tag} class="wide" tabindex="0" role="group" aria-label="{escape(told)}">{content}</{tag}>'


def _row(items: Iterable[str]) -> str:
    return f'<ul class="gallery wide">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def heading(name: str, told: str) -> str:
    """The head of the page."""
    return f'<header class="heading"><h1>unweave studio: {escape(name)}</h1><p>{escape(told)}</p></header>'


def _address(picture: Image | bytes) -> str:
    """The whole picture as a data: address."""
    if isinstance(picture, bytes):
        return f"data:image/webp;base64,{b64encode(picture).decode()}"
    with BytesIO() as file:
        picture.save(file, "PNG", compress_level=3)
        return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
