"""Ray tracing of a head: one look at the scene and one pass of the room's light serve every lamp of a picture.

The same scene gives the same pixels whatever was rendered before. Warp runs on one thread of the processor.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import warp as wp

from unweave.errors import UnweaveError
from unweave.faces import kernel_types, kernels
from unweave.faces.camera import FRAME
from unweave.faces.geometry import normals
from unweave.faces.head import PARTS, head
from unweave.faces.lights import AIM, FLASH, LIGHTS, ROOM, ROOM_ALONE, ROOM_BEHIND_FLASH, Light
from unweave.faces.scene import Materials, Prop, Skin
from unweave.faces.strands import Ribbons

__all__ = ["Materials", "Prop", "Ribbons", "Skin", "render_scene"]

BAND = 2**18
"""Samples rendered at a time: about 20 MB."""
NOWHERE = np.full((3, 3), 1e4, np.float32)
"""A triangle that no ray meets, for a scene without props or hair."""

_one_at_a_time = Lock()  # the head's mesh is moved in place


def render_scene(
    vertices: np.ndarray,
    skin: Skin,
    ribbons: Ribbons | None,
    materials: Materials,
    props: Sequence[Prop],
    lights: Sequence[str],
    *,
    size: int,
    samples: int,
) -> tuple[list[np.ndarray], np.ndarray]:
    """The head under each of `lights`, linear RGB (size, size, 3) float32, and its share of each pixel (size, size).

    `vertices` (n, 3) are those of `head()`, moved and posed; `ribbons` and `props` are where they are seen. `samples`
    per pixel must be a square number; pixels that show nothing are black, to be filled with a background.
    """
    side = math.isqrt(samples)
    if side * side != samples or side == 0:
        raise UnweaveError(f"{samples} samples per pixel cannot be laid out as a square, take {max(side, 1) ** 2}")
    with _one_at_a_time:
        start_warp()
        stage = Stage(vertices, skin, ribbons, materials, props)
        rows = max(1, BAND // (size * samples))
        bands = [stage.render_band(lights, size, side, row, min(rows, size - row)) for row in range(0, size, rows)]
    images = [np.concatenate([band[number] for band in bands]) for number in range(len(lights) + 1)]
    return images[:-1], images[-1]


@cache
def start_warp() -> None:
    """Not before the first picture, and without the words about itself and about graphics cards that it has."""
    wp.config.log_level = wp.LOG_WARNING
    standard_error = os.dup(2)  # the native library writes there directly
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)
        try:
            wp.init()
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


class Stage:
    """A scene in warp's memory."""

    def __init__(
        self, vertices: np.ndarray, skin: Skin, ribbons: Ribbons | None, materials: Materials, props: Sequence[Prop]
    ) -> None:
        solid, lashes = head_meshes()
        points = array(vertices, wp.vec3)
        solid.points = lashes.points = points  # warp refits the meshes
        self.head = head_struct()
        self.head.normals = array(normals(vertices), wp.vec3)
        self.skin = kernel_types.Skin()
        self.skin.albedo = array(skin.albedo, wp.vec3)
        self.skin.height = array(skin.height, float)
        self.skin.oil = array(skin.oil, float)
        self.materials = kernel_types.Materials()
        for name, value in vars(materials).items():
            setattr(self.materials, name, wp.vec3(*map(float, value)) if np.ndim(value) else float(value))
        self.strands, strand_mesh = strands_struct(ribbons)
        self.props, prop_mesh = props_struct(props)
        self.kept = (strand_mesh, prop_mesh)  # a mesh lives as long as its Python object
        self.meshes = kernel_types.Meshes()
        self.meshes.head, self.meshes.lashes = solid.id, lashes.id
        self.meshes.strands, self.meshes.props = strand_mesh.id, prop_mesh.id

    def render_band(self, lights: Sequence[str], size: int, side: int, row: int, rows: int) -> list[np.ndarray]:
        """Some rows of the images under `lights`, and of the coverage."""
        camera = camera_struct(size, side, row * size)
        samples = rows * size * side * side
        surfaces = empty(samples, kernel_types.Surface)
        seen = [self.meshes, self.head, self.skin, self.strands, self.props, self.materials, camera]
        wp.launch(kernels.see, samples, inputs=seen, outputs=[surfaces], device="cpu")

        def lit(kernel: Any, *inputs: object) -> np.ndarray:
            image = empty(rows * size, wp.vec3)
            wp.launch(
                kernel, rows * size, inputs=[self.meshes, *inputs, camera, surfaces], outputs=[image], device="cpu"
            )
            return image.numpy().reshape(rows, size, 3)

        room = lit(kernels.light_by_room, room_struct())
        images = []
        for name in lights:
            light = LIGHTS[name]
            if light is None:
                images.append(ROOM_ALONE * room)
            else:
                flash = lit(kernels.light_by_lamp, lamp_struct(light), self.materials.hair_tint)
                images.append(ROOM_BEHIND_FLASH * room + FLASH * flash)
        something = surfaces.numpy()["kind"] != kernel_types.NOTHING
        return [*images, something.reshape(rows, size, -1).mean(axis=2, dtype=np.float32)]


def empty(count: int, dtype: Any) -> Any:
    """Room for what a kernel writes."""
    return wp.empty(count, dtype=dtype, device="cpu")


def array(values: np.ndarray, dtype: Any) -> wp.array:
    """A copy in warp's memory."""
    return wp.array(np.ascontiguousarray(values, dtype=np.float32), dtype=dtype, device="cpu")


def whole(values: np.ndarray) -> wp.array:
    """Whole numbers in warp's memory."""
    return wp.array(np.ascontiguousarray(values, dtype=np.int32), dtype=wp.int32, device="cpu")


def mesh_of(points: np.ndarray, triangles: np.ndarray) -> wp.Mesh:
    """A mesh that rays can be cast at."""
    return wp.Mesh(points=array(points, wp.vec3), indices=whole(triangles.ravel()), bvh_leaf_size=1)


@cache
def head_order() -> tuple[np.ndarray, int]:
    """The order of the head's triangles in which lashes come last, and how many are none."""
    is_lash = np.array(["lashes" in name for name in PARTS])[head().parts]
    return np.argsort(is_lash, kind="stable"), int((~is_lash).sum())


@cache
def head_meshes() -> tuple[wp.Mesh, wp.Mesh]:
    """The solid parts and the lashes of the average head; moving its points keeps the order in which rays search."""
    order, solid = head_order()
    triangles = head().triangles[order]
    return mesh_of(head().template, triangles[:solid]), mesh_of(head().template, triangles[solid:])


@cache
def head_struct() -> Any:
    """All of the head that is the same in every picture."""
    order, solid = head_order()
    left, right = head().eye_centres
    struct = kernel_types.Head()
    struct.average = array(head().template, wp.vec3)
    struct.triangles, struct.solid = whole(head().triangles[order]), solid
    struct.parts = whole(head().parts[order])
    struct.corner_uv = array(head().corner_uv[order], wp.vec2)
    struct.inside_mouth, struct.lips = array(head().inside_mouth, float), array(head().lips, float)
    struct.lips_box = wp.vec4(*head().lips_box)
    struct.left_eye, struct.right_eye = wp.vec3(*map(float, left)), wp.vec3(*map(float, right))
    struct.eye_radius = float(head().eye_radius)
    return struct


def strands_struct(ribbons: Ribbons | None) -> tuple[Any, wp.Mesh]:
    """Hair and its mesh."""
    if ribbons is None or len(ribbons.triangles) == 0:
        ribbons = Ribbons(NOWHERE, np.array([[0, 1, 2]]), NOWHERE, NOWHERE, NOWHERE)
    rest = ribbons.rest
    triangles, colours, mesh = sorted_ribbons(ribbons) if rest is None else sorted_ribbons_of_sitter(rest)
    if rest is not None:
        mesh.points = array(ribbons.points, wp.vec3)  # warp refits the mesh
    struct = kernel_types.Strands()
    struct.triangles, struct.colours = triangles, colours
    struct.tangents = array(ribbons.tangents, wp.vec3)
    struct.normals = array(ribbons.normals, wp.vec3)
    return struct, mesh


def sorted_ribbons(ribbons: Ribbons) -> tuple[wp.array, wp.array, wp.Mesh]:
    """What of hair no geometry changes: triangles, colours, and the order in which rays search."""
    return whole(ribbons.triangles), array(ribbons.colours, wp.vec3), mesh_of(ribbons.points, ribbons.triangles)


sorted_ribbons_of_sitter = lru_cache(maxsize=4)(sorted_ribbons)


def props_struct(props: Sequence[Prop]) -> tuple[Any, wp.Mesh]:
    """All other things as one mesh."""
    props = props or [Prop(NOWHERE, np.array([[0, 1, 2]]), (0.0, 0.0, 0.0), 0.0)]
    starts = np.cumsum([0] + [len(prop.points) for prop in props])
    points = np.concatenate([prop.points for prop in props])
    triangles = np.concatenate([prop.triangles + start for prop, start in zip(props, starts, strict=False)])
    counts = [len(prop.points) for prop in props]
    struct = kernel_types.Props()
    struct.triangles = whole(triangles)
    struct.normals = array(smooth_normals(points, triangles), wp.vec3)
    struct.colours = array(np.repeat([prop.colour for prop in props], counts, axis=0), wp.vec3)
    struct.gloss = array(np.repeat([prop.gloss for prop in props], counts), float)
    return struct, mesh_of(points, triangles)


def smooth_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The unit normal of every point (n, 3): the mean over its triangles, weighted by area."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    sums = np.zeros_like(points, dtype=np.float64)
    for corner in range(3):
        np.add.at(sums, triangles[:, corner], np.cross(b - a, c - a))
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)


def camera_struct(size: int, side: int, first_pixel: int) -> Any:
    """The camera of FRAME."""
    struct = kernel_types.Camera()
    struct.position = wp.vec3(*FRAME.centre, FRAME.distance)
    struct.plane, struct.half_width = FRAME.plane, FRAME.half_width
    struct.size, struct.side, struct.first_pixel = size, side, first_pixel
    return struct


@cache
def room_struct() -> Any:
    """The room's light."""
    light, falling = ROOM.maps()
    struct = kernel_types.Room()
    struct.light, struct.falling = array(light, wp.vec3), array(falling, wp.vec3)
    struct.mean = wp.vec3(*map(float, falling.mean(axis=(0, 1))))
    struct.window, struct.window_direction = wp.vec3(*ROOM.window), wp.vec3(*map(float, ROOM.window_direction))
    return struct


def lamp_struct(light: Light) -> Any:
    """A lamp whose disc faces the head."""
    away = light.position - AIM
    across = np.cross(away, (0.03, 1.0, 0.02))
    across /= np.linalg.norm(across)
    upright = np.cross(across, away)
    upright /= np.linalg.norm(upright)
    struct = kernel_types.Lamp()
    struct.position = wp.vec3(*map(float, light.position))
    struct.across, struct.upright = wp.vec3(*map(float, across)), wp.vec3(*map(float, upright))
    struct.radius, struct.colour, struct.reach = light.radius, wp.vec3(*light.colour), light.distance
    return struct
