"""What the kernels are given and hand on, as warp's structs. Lengths in dm, colours linear RGB.

`no_type_check`, here and in the other modules for warp, keeps a run-time checker of types (the tests have one) from
wrapping what warp compiles.
"""
# pyright: reportInvalidTypeForm=false, reportIndexIssue=false, reportOperatorIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false, reportReturnType=false
# ruff: noqa: D101 - names say it; warp reads the annotations, so they must not be strings

from typing import no_type_check

import warp as wp

NOTHING, SKIN, STRAND, EYE, MOUTH, OTHER = range(6)
"""Kinds of surface."""


@no_type_check
@wp.struct
class Meshes:
    head: wp.uint64
    lashes: wp.uint64
    strands: wp.uint64
    props: wp.uint64


@no_type_check
@wp.struct
class Head:
    """`triangles` and what goes with them have the solid parts first, then the lashes."""

    normals: wp.array(dtype=wp.vec3)
    average: wp.array(dtype=wp.vec3)
    triangles: wp.array2d(dtype=wp.int32)
    solid: int
    parts: wp.array(dtype=wp.int32)
    corner_uv: wp.array2d(dtype=wp.vec2)
    inside_mouth: wp.array(dtype=float)
    lips: wp.array2d(dtype=float)
    lips_box: wp.vec4
    """Left, top, width, height in the texture, from its top left corner."""
    left_eye: wp.vec3
    right_eye: wp.vec3
    eye_radius: float


@no_type_check
@wp.struct
class Skin:
    albedo: wp.array2d(dtype=wp.vec3)
    height: wp.array2d(dtype=float)
    oil: wp.array2d(dtype=float)


@no_type_check
@wp.struct
class Strands:
    triangles: wp.array2d(dtype=wp.int32)
    tangents: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    colours: wp.array(dtype=wp.vec3)


@no_type_check
@wp.struct
class Props:
    triangles: wp.array2d(dtype=wp.int32)
    normals: wp.array(dtype=wp.vec3)
    colours: wp.array(dtype=wp.vec3)
    gloss: wp.array(dtype=float)


@no_type_check
@wp.struct
class Materials:
    iris: wp.vec3
    iris_rim: wp.vec3
    pupil: float
    sclera: wp.vec3
    lip: wp.vec3
    lip_amount: float
    gum: wp.vec3
    tooth: wp.vec3
    lash: wp.vec3
    lash_length: float
    cloth: wp.vec3
    collar: wp.vec3
    cloth_height: float
    cloth_neckline: float
    oil: float
    hair_tint: wp.vec3


@no_type_check
@wp.struct
class Camera:
    position: wp.vec3
    plane: float
    """Height z of the plane in which the frame has its size."""
    half_width: float
    size: int
    """Pixels of a side of the picture."""
    side: int
    """Samples of a side of a pixel."""
    first_pixel: int
    """Of the band of rows being rendered."""


@no_type_check
@wp.struct
class Lamp:
    position: wp.vec3
    across: wp.vec3
    upright: wp.vec3
    radius: float
    colour: wp.vec3
    reach: float
    """Distance at which the lamp is as bright as its colour."""


@no_type_check
@wp.struct
class Room:
    """Maps of all directions: see `lights.Room.maps`."""

    light: wp.array2d(dtype=wp.vec3)
    """That comes from a direction."""
    falling: wp.array2d(dtype=wp.vec3)
    """On a surface that faces a direction, with nothing in the way."""
    mean: wp.vec3
    window: wp.vec3
    window_direction: wp.vec3


@no_type_check
@wp.struct
class Surface:
    """What one sample sees."""

    kind: int
    position: wp.vec3
    normal: wp.vec3
    """With the relief: what shines. Of strands: along."""
    soft_normal: wp.vec3
    """What scatters."""
    colour: wp.vec3
    reflectance: float
    """Seen straight on."""
    roughness: float
