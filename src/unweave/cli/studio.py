"""`unweave studio`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.


def studio(
    model: str,
    /,
    *,
    data: str | None = None,
    port: int | None = None,
    host: str = "127.0.0.1",
    no_browser: bool = False,
) -> None:
    """Mix attributes by hand, on a page in the browser.

    Parameters
    ----------
    model
        A run folder, a model file, an exported folder, faces64 for the bundled model, or OWNER/NAME on the Hugging Face
        Hub.
    data
        A folder or .zip of images for the gallery, labelled or not. Without it the bundled faces, where the model is of
        their attributes.
    port
        Where the page is; the first free one from 7860 on if none is given.
    host
        127.0.0.1 is for this machine alone; with 0.0.0.0 everybody who reaches the machine can use the page.
    no_browser
        Only say where the page is.
    """
    from unweave.studio.server import serve

    serve(model, data, host=host, port=port, browser=not no_browser)
