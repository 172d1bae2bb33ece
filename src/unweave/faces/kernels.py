"""The renderer's inner loops, compiled by warp: what a sample sees, and how the room and a lamp light it.

`no_type_check` keeps a run-time checker of types (the tests have one) from wrapping what warp compiles.
"""
# pyright: reportInvalidTypeForm=false, reportIndexIssue=false, reportOperatorIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false, reportReturnType=false
# ruff: noqa: D101, D103 - names say it; warp reads the annotations, so they must not be strings

from typing import no_type_check

import warp as wp

wp.set_module_options({"enable_backward": False})

NOTHING, SKIN, STRAND, EYE, MOUTH, OTHER = range(6)
BODY, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(6)
LOWER_LASHES = (6, 8)

FIRST_MIX, SECOND_MIX = wp.uint32(0x7FEB352D), wp.uint32(0x846CA68B)
TURN = 6.2831853
GOLDEN = 0.6180340
FAR = 100.0
LIFT = 0.006  # dm: how far above a surface rays start, so as not to hit it
STRAND_LIFT = 0.05
STRAND_SHADE = 0.30  # what one layer of hair lets through
LASH_SHADE = 0.6

# The map of the average face.
MAP_LEFT, MAP_TOP, MAP_WIDTH, MAP_HEIGHT = -1.3, 8.7, 2.6, 3.0
RELIEF = 2.2  # steepness of the skin's height map
IRIS = 0.43  # radius, as a share of the eyeball's

TEETH_MIDDLE, TOOTH_WIDTH = 0.7082, 0.0042  # in texture units along the arch; lower teeth are narrower
LOWER_TOOTH_WIDTH = 0.0031
UPPER_GUM, LOWER_GUM = 6.748, 6.552  # heights of the gum line on the average head


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
    ceiling: wp.vec3
    floor: wp.vec3
    front: wp.vec3
    window: wp.vec3
    window_direction: wp.vec3
    window_narrowness: float
    rays: int


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
    if part == 6 or part == 8:
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
    lip = float(0.0)
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
    surface.soft_normal = wp.normalize(surface.normal - sideways * (1.1 * in_iris))
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


@wp.kernel
@no_type_check
def see(
    meshes: Meshes,
    head: Head,
    skin: Skin,
    strands: Strands,
    props: Props,
    materials: Materials,
    camera: Camera,
    surfaces: wp.array(dtype=Surface),
):
    """The first thing that every sample of every pixel sees."""
    index = wp.tid()
    samples = camera.side * camera.side
    pixel = camera.first_pixel + index / samples
    sample = index % samples
    number = pixel * samples + sample
    column = float(pixel % camera.size) + (float(sample % camera.side) + random(number, 0)) / float(camera.side)
    row = float(pixel / camera.size) + (float(sample / camera.side) + random(number, 1)) / float(camera.side)
    scale = 2.0 * camera.half_width / float(camera.size)
    aim = wp.vec3(
        camera.position[0] - camera.half_width + column * scale,
        camera.position[1] + camera.half_width - row * scale,
        camera.plane,
    )
    towards = wp.normalize(aim - camera.position)
    surface = Surface()
    surface.kind = NOTHING
    nearest = float(FAR)

    hit = wp.mesh_query_ray(meshes.head, camera.position, towards, nearest)
    if hit.result:
        nearest = hit.t
        surface = head_surface(surface, hit.face, hit.u, hit.v, towards, head, skin, materials)

    start = float(0.0)
    for layer in range(3):
        lash = wp.mesh_query_ray(meshes.lashes, camera.position + towards * start, towards, nearest - start)
        if not lash.result:
            break
        start = start + lash.t
        chance = random(number, 2 + layer)
        if lash_is_there(head, head.solid + lash.face, lash.u, lash.v, materials.lash_length, chance):
            nearest = start
            surface = head_surface(surface, head.solid + lash.face, lash.u, lash.v, towards, head, skin, materials)
            break
        start = start + 0.0005

    thing = wp.mesh_query_ray(meshes.props, camera.position, towards, nearest)
    if thing.result:
        nearest = thing.t
        corners = wp.vec3i(
            props.triangles[thing.face, 0], props.triangles[thing.face, 1], props.triangles[thing.face, 2]
        )
        gloss = props.gloss[corners[0]]
        surface.kind = OTHER
        surface.normal = wp.normalize(within(props.normals, corners, thing.u, thing.v))
        surface.soft_normal = surface.normal
        surface.colour = within(props.colours, corners, thing.u, thing.v)
        surface.reflectance = 0.03 + 0.05 * gloss
        surface.roughness = 0.6 - 0.4 * gloss

    surface.position = camera.position + towards * (nearest - 0.001)
    strand = wp.mesh_query_ray(meshes.strands, camera.position, towards, nearest)
    if strand.result:
        corners = wp.vec3i(
            strands.triangles[strand.face, 0], strands.triangles[strand.face, 1], strands.triangles[strand.face, 2]
        )
        surface.kind = STRAND
        surface.position = camera.position + towards * (strand.t - 0.004)
        surface.normal = wp.normalize(within(strands.tangents, corners, strand.u, strand.v))
        surface.soft_normal = wp.normalize(within(strands.normals, corners, strand.u, strand.v))
        surface.colour = within(strands.colours, corners, strand.u, strand.v)
    surfaces[index] = surface


@wp.func
@no_type_check
def passes(meshes: Meshes, start: wp.vec3, towards: wp.vec3, distance: float):
    """How much light comes through: 0 to 1."""
    if wp.mesh_query_ray_anyhit(meshes.head, start, towards, distance):
        return 0.0
    if wp.mesh_query_ray_anyhit(meshes.props, start, towards, distance):
        return 0.0
    share = float(1.0)
    if wp.mesh_query_ray_anyhit(meshes.lashes, start, towards, distance):
        share = LASH_SHADE
    if wp.mesh_query_ray_anyhit(meshes.strands, start, towards, distance):
        share = share * STRAND_SHADE
    return share


@wp.func
@no_type_check
def room_light(room: Room, direction: wp.vec3):
    """What comes from a direction."""
    light = wp.lerp(room.floor, room.ceiling, 0.5 + 0.5 * direction[1])
    light = light + room.front * wp.max(0.0, direction[2])
    towards_window = wp.max(0.0, wp.dot(direction, room.window_direction))
    return light + room.window * wp.pow(towards_window, room.window_narrowness)


@wp.kernel
@no_type_check
def light_by_room(
    meshes: Meshes, room: Room, camera: Camera, surfaces: wp.array(dtype=Surface), image: wp.array(dtype=wp.vec3)
):
    """The mean over the samples of a pixel; rays are spread over the pixel's samples together."""
    band_pixel = wp.tid()
    pixel = camera.first_pixel + band_pixel
    samples = camera.side * camera.side
    turn = random(pixel, 5)
    tilt = random(pixel, 6)
    total = wp.vec3(0.0, 0.0, 0.0)
    for sample in range(samples):
        surface = surfaces[band_pixel * samples + sample]
        if surface.kind != NOTHING:
            normal = surface.soft_normal
            beside = wp.vec3(0.0, 1.0, 0.0)
            if wp.abs(normal[1]) > 0.9:
                beside = wp.vec3(1.0, 0.0, 0.0)
            across = wp.normalize(wp.cross(beside, normal))
            upright = wp.cross(normal, across)
            lift = float(LIFT)
            if surface.kind == STRAND:
                lift = STRAND_LIFT
            arriving = wp.vec3(0.0, 0.0, 0.0)
            openness = float(0.0)
            for ray in range(room.rays):
                # a lattice on the disc below the hemisphere, whose points lie as the cosine weighs
                k = float(sample * room.rays + ray)
                angle = TURN * (turn + k * GOLDEN)
                squared = (k + tilt) / float(samples * room.rays)
                shift = squared * 7.0 - wp.floor(squared * 7.0)
                radius = wp.sqrt(shift)
                direction = (
                    across * (radius * wp.cos(angle))
                    + upright * (radius * wp.sin(angle))
                    + normal * wp.sqrt(wp.max(0.0, 1.0 - shift))
                )
                share = passes(meshes, surface.position + normal * lift + direction * 0.004, direction, 6.0)
                arriving = arriving + room_light(room, direction) * share
                openness = openness + share
            arriving = arriving / float(room.rays)
            openness = openness / float(room.rays)
            # what stands in the way is lit itself, and of about the same colour
            bounce = 0.5
            if surface.kind == MOUTH:
                bounce = 0.2
            around = (room.ceiling + room.floor + room.window * 0.25) * 0.5 + room.front * 0.4
            arriving = arriving + wp.cw_mul(surface.colour, around) * (bounce * (1.0 - openness))
            total = total + wp.cw_mul(surface.colour, arriving)
            if surface.kind == EYE:
                view = wp.normalize(camera.position - surface.position)
                mirrored = surface.normal * (2.0 * wp.dot(surface.normal, view)) - view
                glint = wp.smoothstep(0.955, 0.985, wp.dot(mirrored, room.window_direction))
                total = total + (room_light(room, mirrored) * 0.03 + room.window * (0.5 * glint)) * openness
    image[band_pixel] = total / float(samples)


@wp.func
@no_type_check
def highlight(normal: wp.vec3, view: wp.vec3, light: wp.vec3, roughness: float, reflectance: float):
    """Reflection by microfacets (GGX with Smith's masking and Schlick's Fresnel), times the cosine."""
    half_way = wp.normalize(view + light)
    facing = wp.max(wp.dot(normal, half_way), 0.0)
    lit = wp.max(wp.dot(normal, light), 0.0)
    seen = wp.max(wp.dot(normal, view), 0.05)
    alpha = roughness * roughness
    spread = facing * facing * (alpha * alpha - 1.0) + 1.0
    density = alpha * alpha / (3.14159 * spread * spread + 1.0e-7)
    k = alpha * 0.5
    masking = 1.0 / (4.0 * (lit * (1.0 - k) + k) * (seen * (1.0 - k) + k))
    fresnel = reflectance + (1.0 - reflectance) * wp.pow(1.0 - wp.max(wp.dot(view, half_way), 0.0), 5.0)
    return density * masking * fresnel * lit


@wp.func
@no_type_check
def cone(along: wp.vec3, view: wp.vec3, light: wp.vec3):
    """Cosine between the view and the cone into which a thin fibre mirrors a light."""
    light_along = wp.dot(along, light)
    view_along = wp.dot(along, view)
    crosswise = wp.sqrt(wp.max(0.0, 1.0 - light_along * light_along) * wp.max(0.0, 1.0 - view_along * view_along))
    return wp.max(0.0, crosswise - light_along * view_along)


@wp.func
@no_type_check
def strand_colour(surface: Surface, view: wp.vec3, light: wp.vec3, tint: wp.vec3):
    """Kajiya and Kay's hair with two highlights, the second coloured by the hair and shifted towards its tips."""
    along = surface.normal
    crosswise = wp.sqrt(wp.max(0.0, 1.0 - wp.dot(along, light) * wp.dot(along, light)))
    lit = wp.clamp((wp.dot(surface.soft_normal, light) + 0.35) / 1.35, 0.0, 1.0)
    first = 0.09 * wp.pow(cone(along, view, light), 60.0)
    second = 0.55 * wp.pow(cone(wp.normalize(along + surface.soft_normal * 0.12), view, light), 16.0)
    return (surface.colour * (0.62 * crosswise + second) + tint * first) * lit


@wp.func
@no_type_check
def skin_colour(surface: Surface, view: wp.vec3, light: wp.vec3):
    """Light goes round a little in skin, red most, and red sees less of the relief; two layers of shine."""
    soft = wp.dot(surface.soft_normal, light)
    sharp = wp.dot(surface.normal, light)
    red = wp.lerp(soft, sharp, 0.4)
    scattered = wp.vec3(
        0.97 * wp.max(0.0, (red + 0.20) / 1.20), wp.max(0.0, (sharp + 0.08) / 1.08), wp.max(0.0, (sharp + 0.04) / 1.04)
    )
    shine = 0.75 * highlight(surface.normal, view, light, surface.roughness, surface.reflectance)
    shine = shine + 0.35 * highlight(surface.normal, view, light, surface.roughness * 0.65, surface.reflectance)
    shine = shine * 1.95
    return wp.cw_mul(surface.colour, scattered) + wp.vec3(shine, shine, shine)


@wp.func
@no_type_check
def eye_colour(surface: Surface, view: wp.vec3, light: wp.vec3):
    """The white glows a little all over; the lamp is mirrored as a disc, larger than true so as to be seen."""
    lit = wp.max(0.0, (wp.dot(surface.soft_normal, light) + 0.15) / 1.15)
    glint = 1.1 * wp.smoothstep(0.972, 0.988, wp.dot(surface.normal, wp.normalize(view + light)))
    return surface.colour * lit + wp.vec3(glint, glint, glint)


@wp.func
@no_type_check
def plain_colour(surface: Surface, view: wp.vec3, light: wp.vec3):
    shine = 1.95 * highlight(surface.normal, view, light, surface.roughness, surface.reflectance)
    return surface.colour * wp.max(0.0, wp.dot(surface.soft_normal, light)) + wp.vec3(shine, shine, shine)


@wp.kernel
@no_type_check
def light_by_lamp(
    meshes: Meshes,
    lamp: Lamp,
    hair_tint: wp.vec3,
    camera: Camera,
    surfaces: wp.array(dtype=Surface),
    image: wp.array(dtype=wp.vec3),
):
    """The mean over the samples of a pixel, each lit from another place of the lamp's disc."""
    band_pixel = wp.tid()
    pixel = camera.first_pixel + band_pixel
    samples = camera.side * camera.side
    turn = random(pixel, 5)
    total = wp.vec3(0.0, 0.0, 0.0)
    for sample in range(samples):
        surface = surfaces[band_pixel * samples + sample]
        if surface.kind != NOTHING:
            angle = TURN * (turn + float(sample) * GOLDEN)
            radius = lamp.radius * wp.sqrt((float(sample) + 0.5) / float(samples))
            spot = lamp.position + lamp.across * (radius * wp.cos(angle)) + lamp.upright * (radius * wp.sin(angle))
            distance = wp.length(spot - surface.position)
            light = (spot - surface.position) / distance
            view = wp.normalize(camera.position - surface.position)
            power = lamp.reach * lamp.reach / (distance * distance)
            facing = wp.dot(surface.soft_normal, light)
            if surface.kind == STRAND:
                start = surface.position + light * STRAND_LIFT + surface.soft_normal * 0.03
                share = passes(meshes, start, light, distance)
                colour = strand_colour(surface, view, light, hair_tint)
                total = total + wp.cw_mul(colour, lamp.colour) * (share * power)
            elif facing > -0.3:
                start = surface.position + surface.soft_normal * LIFT + light * 0.004
                share = passes(meshes, start, light, distance)
                colour = wp.vec3(0.0, 0.0, 0.0)
                if share > 0.0:
                    if surface.kind == SKIN:
                        colour = skin_colour(surface, view, light)
                    elif surface.kind == EYE:
                        colour = eye_colour(surface, view, light)
                    else:
                        colour = plain_colour(surface, view, light)
                    colour = colour * share
                elif surface.kind == SKIN:  # some light seeps under the edges of shadows
                    colour = wp.cw_mul(surface.colour, wp.vec3(0.028, 0.006, 0.003)) * wp.max(facing, 0.0)
                total = total + wp.cw_mul(colour, lamp.colour) * power
    image[band_pixel] = total / float(samples)
