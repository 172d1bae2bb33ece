"""What a sample sees, compiled by warp: skin, lips, eyes, teeth, lashes, hair and things."""
# pyright: reportInvalidTypeForm=false, reportIndexIssue=false, reportOperatorIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false, reportReturnType=false
# ruff: noqa: D103 - names say it; warp reads the annotations, so they must not be strings

from typing import no_type_check

import warp as wp

from unweave.faces.kernel_types import EYE, MOUTH, OTHER, SKIN, STRAND, Head, Materials, Props, Skin, Strands, Surface

wp.set_module_options({"enable_backward": False})

BODY, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(6)
LEFT_LOWER_LASHES, RIGHT_LOWER_LASHES = 6, 8
"""Places in `head.PARTS`."""

TURN = 6.2831853
FIRST_MIX, SECOND_MIX = wp.uint32(0x7FEB352D), wp.uint32(0x846CA68B)

# The map of the average face.
MAP_LEFT, MAP_TOP, MAP_WIDTH, MAP_HEIGHT = -1.3, 8.7, 2.6, 3.0
RELIEF = 1.9  # steepness of the skin's height map
IRIS = 0.43  # radius, as a share of the eyeball's

TEETH_MIDDLE, TOOTH_WIDTH = 0.7082, 0.0042  # in texture units along the arch; lower teeth are narrower
LOWER_TOOTH_WIDTH = 0.0031
UPPER_GUM, LOWER_GUM = 6.748, 6.552  # heights of the gum line on the average head


@wp.func
@no_type_check
def random(number: int, purpose: int):
    """0 to 1, from the numbers alone."""
    bits = wp.uint32(number * 8 + purpose)
    bits = (bits ^ (bits >> wp.uint32(16))) * FIRST_MIX
    bits = (bits ^ (bits >> wp.uint32(15))) * SECOND_MIX
    bits = bits ^ (bits >> wp.uint32(16))
    return float(bits >> wp.uint32(8)) * (1.0 / 16777216.0)


@wp.func
@no_type_check
def fraction(value: float):
    return value - wp.floor(value)


@wp.func
@no_type_check
def turn_of(pixel: int, size: int):
    """0 to 1, evenly spread in every neighbourhood of pixels, so that the error of sampling is as fine as they are."""
    return fraction(52.9829189 * fraction(0.06711056 * float(pixel % size) + 0.00583715 * float(pixel / size)))


@wp.func
@no_type_check
def in_map(values: wp.array2d(dtype=float), u: float, v: float):
    """Between the pixels of a map; u to the right and v down, 0 to 1."""
    x = wp.clamp(u * float(values.shape[1]) - 0.5, 0.0, float(values.shape[1]) - 1.001)
    y = wp.clamp(v * float(values.shape[0]) - 0.5, 0.0, float(values.shape[0]) - 1.001)
    i = int(x)
    j = int(y)
    upper = wp.lerp(values[j, i], values[j, i + 1], x - float(i))
    lower = wp.lerp(values[j + 1, i], values[j + 1, i + 1], x - float(i))
    return wp.lerp(upper, lower, y - float(j))


@wp.func
@no_type_check
def in_colour_map(values: wp.array2d(dtype=wp.vec3), u: float, v: float):
    x = wp.clamp(u * float(values.shape[1]) - 0.5, 0.0, float(values.shape[1]) - 1.001)
    y = wp.clamp(v * float(values.shape[0]) - 0.5, 0.0, float(values.shape[0]) - 1.001)
    i = int(x)
    j = int(y)
    upper = wp.lerp(values[j, i], values[j, i + 1], x - float(i))
    lower = wp.lerp(values[j + 1, i], values[j + 1, i + 1], x - float(i))
    return wp.lerp(upper, lower, y - float(j))


@wp.func
@no_type_check
def in_direction(values: wp.array2d(dtype=wp.vec3), direction: wp.vec3):
    """The value in a map of all directions."""
    around = wp.atan2(direction[0], direction[2]) / TURN + 0.5
    down = 2.0 * wp.acos(wp.clamp(direction[1], -1.0, 1.0)) / TURN
    return in_colour_map(values, around, down)


@wp.func
@no_type_check
def within(points: wp.array(dtype=wp.vec3), corners: wp.vec3i, u: float, v: float):
    """The value inside a triangle."""
    return points[corners[0]] * u + points[corners[1]] * v + points[corners[2]] * (1.0 - u - v)


@wp.func
@no_type_check
def texture_place(head: Head, face: int, u: float, v: float):
    return head.corner_uv[face, 0] * u + head.corner_uv[face, 1] * v + head.corner_uv[face, 2] * (1.0 - u - v)


@wp.func
@no_type_check
def lash_is_there(head: Head, face: int, u: float, v: float, length: float, chance: float):
    """Lashes are dense at the lid and thin out to nothing at their length."""
    height = texture_place(head, face, u, v)[1]
    part = head.parts[face]
    density = 0.85 * (1.0 - (height - 0.927) / 0.020 / length)
    if part == LEFT_LOWER_LASHES or part == RIGHT_LOWER_LASHES:  # noqa: SIM109 - warp knows no `in`
        density = 0.45 * (1.0 - (0.985 - height) / 0.018 / (0.8 * length))
    return chance < density


@wp.func
@no_type_check
def skin_surface(
    surface: Surface, place: wp.vec3, uv: wp.vec2, inside: float, head: Head, skin: Skin, materials: Materials
):
    """Skin, lips, the inside of the mouth, or the clothes that cover skin. `place` is that on the average head."""
    u = (place[0] - MAP_LEFT) / MAP_WIDTH
    v = (MAP_TOP - place[1]) / MAP_HEIGHT
    step = 1.0 / 512.0
    oil = in_map(skin.oil, u, v) * materials.oil
    slope_x = in_map(skin.height, u + step, v) - in_map(skin.height, u - step, v)
    slope_y = in_map(skin.height, u, v - step) - in_map(skin.height, u, v + step)
    facing = RELIEF * wp.clamp((place[2] - 0.4) * 2.0, 0.0, 1.0)
    surface.normal = wp.normalize(surface.normal - wp.vec3(slope_x, slope_y, 0.0) * facing)
    surface.colour = in_colour_map(skin.albedo, u, v)
    surface.reflectance = 0.028 * (0.4 + 0.6 * oil)
    surface.roughness = 0.53 - 0.13 * oil

    lip_u = (uv[0] - head.lips_box[0]) / head.lips_box[2]
    lip_v = (1.0 - uv[1] - head.lips_box[1]) / head.lips_box[3]
    lip = wp.float32(0.0)
    if lip_u > 0.0 and lip_u < 1.0 and lip_v > 0.0 and lip_v < 1.0:
        lip = in_map(head.lips, lip_u, lip_v)
    surface.colour = wp.lerp(surface.colour, materials.lip, lip * materials.lip_amount)
    surface.reflectance = wp.lerp(surface.reflectance, 0.033, lip)
    surface.roughness = wp.lerp(surface.roughness, 0.36, lip)
    if inside > 0.5 and lip < 0.5:
        depth = wp.clamp((1.62 - place[2]) * 3.0, 0.0, 1.0)
        surface.kind = MOUTH
        surface.colour = materials.gum * (1.0 - 0.65 * depth)
        surface.reflectance = 0.03
        surface.roughness = 0.3

    edge = materials.cloth_height - materials.cloth_neckline * wp.max(0.0, 1.0 - wp.abs(place[0]) * 1.1)
    if place[1] < edge:
        surface.kind = OTHER
        surface.colour = materials.cloth
        if place[1] > edge - 0.07:
            surface.colour = materials.collar
        surface.reflectance = 0.01
        surface.roughness = 0.8
    return surface


@wp.func
@no_type_check
def eye_surface(surface: Surface, place: wp.vec3, centre: wp.vec3, radius: float, materials: Materials):
    """White, iris and pupil. The cornea, which shines, bulges; the iris below it is hollow."""
    ahead = wp.normalize((place - centre) / radius)
    from_axis = wp.sqrt(ahead[0] * ahead[0] + ahead[1] * ahead[1])
    if ahead[2] < 0.0:
        from_axis = 1.0
    angle = wp.atan2(ahead[1], ahead[0])
    fibres = 0.75 + 0.25 * (1.0 + wp.sin(angle * 31.0 + 3.0 * wp.sin(angle * 7.0)))
    outwards = wp.clamp((from_axis - materials.pupil) / (IRIS - materials.pupil), 0.0, 1.0)
    iris = wp.lerp(materials.iris * fibres, materials.iris_rim, 0.5 * outwards)
    iris = iris * (1.0 - 0.75 * wp.smoothstep(0.72, 1.0, outwards))
    iris = iris * wp.smoothstep(materials.pupil - 0.025, materials.pupil + 0.025, from_axis)
    veins = 0.06 * wp.smoothstep(0.5, 0.95, from_axis)
    white = materials.sclera * (1.0 - 0.25 * wp.smoothstep(0.55, 0.95, from_axis)) - wp.vec3(0.0, veins, veins)
    in_iris = 1.0 - wp.smoothstep(IRIS - 0.03, IRIS + 0.035, from_axis)
    sideways = wp.quat_rotate(wp.quat_between_vectors(ahead, surface.normal), wp.vec3(ahead[0], ahead[1], 0.0))
    surface.kind = EYE
    surface.colour = wp.lerp(white, iris, in_iris)
    surface.soft_normal = wp.normalize(surface.normal - sideways * (0.6 * in_iris))
    surface.normal = wp.normalize(surface.normal + sideways * (0.7 * (1.0 - wp.smoothstep(0.40, 0.60, from_axis))))
    surface.reflectance = 0.04
    surface.roughness = 0.15
    return surface


@wp.func
@no_type_check
def tooth_surface(surface: Surface, place: wp.vec3, uv: wp.vec2, upper: bool, materials: Materials):
    """Single rounded teeth on a smooth arch, their gums, and the dark of the mouth behind."""
    width = TOOTH_WIDTH
    if not upper:
        width = LOWER_TOOTH_WIDTH
    along = (uv[0] - TEETH_MIDDLE) / width
    across = 2.0 * (along - wp.floor(along)) - 1.0
    """-1 and 1 at the edges of a tooth, 0 in its middle."""
    arch = wp.normalize(wp.cross(wp.vec3(0.0, 1.0, 0.0), surface.normal))
    rounded = across * across * across
    scallop = 0.016 * (1.0 - across * across)
    above_gum = UPPER_GUM + scallop - place[1]
    if not upper:
        above_gum = place[1] - LOWER_GUM + scallop
    gum = 1.0 - wp.smoothstep(-0.006, 0.006, above_gum)
    between = wp.smoothstep(1.0, 0.80, wp.abs(across))
    neck = wp.smoothstep(0.0, 0.05, above_gum)
    enamel = materials.tooth * (0.50 + 0.50 * between)
    enamel = wp.cw_mul(enamel, wp.lerp(wp.vec3(0.93, 0.86, 0.76), wp.vec3(1.0, 1.0, 1.0), neck))
    depth = wp.clamp((place[2] - 1.02) / 0.40, 0.0, 1.0)
    surface.kind = MOUTH
    surface.colour = wp.lerp(enamel, materials.gum * 1.3, gum) * (0.10 + 0.90 * depth * depth)
    surface.normal = wp.normalize(surface.normal + arch * (0.75 * rounded * (1.0 - gum)))
    surface.soft_normal = surface.normal
    surface.reflectance = 0.04
    surface.roughness = 0.24
    return surface


@wp.func
@no_type_check
def head_surface(
    surface: Surface, face: int, u: float, v: float, towards: wp.vec3, head: Head, skin: Skin, materials: Materials
):
    corners = wp.vec3i(head.triangles[face, 0], head.triangles[face, 1], head.triangles[face, 2])
    normal = wp.normalize(within(head.normals, corners, u, v))
    against = wp.dot(normal, towards)
    if against > 0.0:  # a smooth normal may point away at the outline
        normal = wp.normalize(normal - towards * (1.02 * against))
    place = within(head.average, corners, u, v)
    uv = texture_place(head, face, u, v)
    part = head.parts[face]
    surface.kind = SKIN
    surface.normal = normal
    surface.soft_normal = normal
    if part == BODY:
        inside = (
            head.inside_mouth[corners[0]] * u
            + head.inside_mouth[corners[1]] * v
            + head.inside_mouth[corners[2]] * (1.0 - u - v)
        )
        surface = skin_surface(surface, place, uv, inside, head, skin, materials)
    elif part == LEFT_EYE:
        surface = eye_surface(surface, place, head.left_eye, head.eye_radius, materials)
    elif part == RIGHT_EYE:
        surface = eye_surface(surface, place, head.right_eye, head.eye_radius, materials)
    elif part == UPPER_TEETH:
        surface = tooth_surface(surface, place, uv, True, materials)
    elif part == LOWER_TEETH:
        surface = tooth_surface(surface, place, uv, False, materials)
    elif part == TONGUE:
        surface.kind = MOUTH
        surface.colour = materials.gum * (0.35 + 0.75 * wp.clamp((place[2] - 0.9) / 0.4, 0.0, 1.0))
        surface.reflectance = 0.03
        surface.roughness = 0.35
    else:
        surface.kind = OTHER
        surface.colour = materials.lash
        surface.reflectance = 0.0
        surface.roughness = 0.6
    return surface


@wp.func
@no_type_check
def strand_surface(surface: Surface, face: int, u: float, v: float, strands: Strands):
    corners = wp.vec3i(strands.triangles[face, 0], strands.triangles[face, 1], strands.triangles[face, 2])
    surface.kind = STRAND
    surface.normal = wp.normalize(within(strands.tangents, corners, u, v))
    surface.soft_normal = wp.normalize(within(strands.normals, corners, u, v))
    surface.colour = within(strands.colours, corners, u, v)
    return surface


@wp.func
@no_type_check
def prop_surface(surface: Surface, face: int, u: float, v: float, props: Props):
    corners = wp.vec3i(props.triangles[face, 0], props.triangles[face, 1], props.triangles[face, 2])
    gloss = props.gloss[corners[0]]
    surface.kind = OTHER
    surface.normal = wp.normalize(within(props.normals, corners, u, v))
    surface.soft_normal = surface.normal
    surface.colour = within(props.colours, corners, u, v)
    surface.reflectance = 0.03 + 0.05 * gloss
    surface.roughness = 0.6 - 0.4 * gloss
    return surface
