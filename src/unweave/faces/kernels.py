"""The renderer's inner loops, compiled by warp: one look at the scene, the room's light, and a lamp's."""
# pyright: reportInvalidTypeForm=false, reportIndexIssue=false, reportOperatorIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false, reportReturnType=false
# ruff: noqa: D103 - names say it; warp reads the annotations, so they must not be strings

from typing import no_type_check

import warp as wp

from unweave.faces.kernel_surfaces import (
    TURN,
    head_surface,
    in_direction,
    lash_is_there,
    prop_surface,
    random,
    strand_surface,
    turn_of,
)
from unweave.faces.kernel_types import (
    EYE,
    MOUTH,
    NOTHING,
    SKIN,
    STRAND,
    Camera,
    Head,
    Lamp,
    Materials,
    Meshes,
    Props,
    Room,
    Skin,
    Strands,
    Surface,
)

wp.set_module_options({"enable_backward": False})

GOLDEN = 0.6180340
FAR = 100.0
LIFT = 0.006  # dm: how far above a surface rays start, so as not to hit it
STRAND_LIFT = 0.05
SKIN_DARK = -0.3  # cosine below which no light goes round skin
STRAND_WRAP = 0.35  # how far light goes round hair
STRAND_SHADE = 0.30  # what one layer of hair lets through
LASH_SHADE = 0.6
ROUNDS = 2  # of rays, where skin lies half in the room's shadows
REACH = 6.0  # dm: what is farther off does not keep the room's light away
BOUNCE, MOUTH_BOUNCE = 0.6, 0.35
MOUTH_LEAK = 0.30  # of a lamp's light gets in between the lips, whatever is in the way


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
    origin = camera.position
    surface = Surface()
    surface.kind = NOTHING
    nearest = wp.float32(FAR)
    face = wp.int32(-1)
    u = wp.float32(0.0)
    v = wp.float32(0.0)

    hit = wp.mesh_query_ray(meshes.head, origin, towards, nearest)
    if hit.result:
        nearest = hit.t
        face = hit.face
        u = hit.u
        v = hit.v
    start = wp.float32(0.0)
    for layer in range(3):
        lash = wp.mesh_query_ray(meshes.lashes, origin + towards * start, towards, nearest - start)
        if not lash.result:
            break
        start = start + lash.t
        lash_face = head.solid + lash.face
        if lash_is_there(head, lash_face, lash.u, lash.v, materials.lash_length, random(number, 2 + layer)):
            nearest = start
            face = lash_face
            u = lash.u
            v = lash.v
            break
        start = start + 0.0005
    thing = wp.mesh_query_ray(meshes.props, origin, towards, nearest)
    if thing.result:
        nearest = thing.t
    strand = wp.mesh_query_ray(meshes.strands, origin, towards, nearest)

    if strand.result:
        surface = strand_surface(surface, strand.face, strand.u, strand.v, strands)
        surface.position = origin + towards * (strand.t - 0.004)
    elif thing.result:
        surface = prop_surface(surface, thing.face, thing.u, thing.v, props)
        surface.position = origin + towards * (nearest - 0.001)
    elif face >= 0:
        surface = head_surface(surface, face, u, v, towards, head, skin, materials)
        surface.position = origin + towards * (nearest - 0.001)
    surfaces[index] = surface


@wp.func
@no_type_check
def passes(meshes: Meshes, start: wp.vec3, towards: wp.vec3, distance: float):
    """How much light comes through: 0 to 1."""
    if wp.mesh_query_ray_anyhit(meshes.head, start, towards, distance):
        return 0.0
    if wp.mesh_query_ray_anyhit(meshes.props, start, towards, distance):
        return 0.0
    share = wp.float32(1.0)
    if wp.mesh_query_ray_anyhit(meshes.lashes, start, towards, distance):
        share = LASH_SHADE
    if wp.mesh_query_ray_anyhit(meshes.strands, start, towards, distance):
        share = share * STRAND_SHADE
    return share


@wp.func
@no_type_check
def spiral(normal: wp.vec3, turn: float, number: int, count: int):
    """Directions about the normal, as many as the cosine weighs: points on a spiral, lifted to the hemisphere."""
    beside = wp.vec3(0.0, 1.0, 0.0)
    if wp.abs(normal[1]) > 0.9:
        beside = wp.vec3(1.0, 0.0, 0.0)
    across = wp.normalize(wp.cross(beside, normal))
    upright = wp.cross(normal, across)
    angle = TURN * (turn + float(number) * GOLDEN)
    squared = (float(number) + 0.5) / float(count)
    sideways = across * wp.cos(angle) + upright * wp.sin(angle)
    return sideways * wp.sqrt(squared) + normal * wp.sqrt(1.0 - squared)


@wp.func
@no_type_check
def mirrored_room(eye: Surface, camera: Camera, room: Room, share: float):
    """The room in the cornea, and the window as a spot of light, larger than true so as to be seen."""
    view = wp.normalize(camera.position - eye.position)
    direction = eye.normal * (2.0 * wp.dot(eye.normal, view)) - view
    glint = wp.smoothstep(0.935, 0.975, wp.dot(direction, room.window_direction))
    return in_direction(room.light, direction) * (0.012 * share) + room.window * (0.4 * glint)


@wp.func
@no_type_check
def in_half(sample: int, side: int, half: int):
    """Samples of a pixel are halved as the black and the white fields of a chessboard."""
    return (sample + sample / side) % 2 == half % 2


@wp.kernel
@no_type_check
def light_by_room(
    meshes: Meshes, room: Room, camera: Camera, surfaces: wp.array(dtype=Surface), image: wp.array(dtype=wp.vec3)
):
    """The mean over the samples of a pixel, with one ray each; together, the rays of a pixel cover the hemisphere.

    Rays only tell which share of the light arrives: how much there is comes from a map, which has no noise. In hair
    half of the samples do; where skin lies half in the shadow, more rays follow.
    """
    band_pixel = wp.tid()
    pixel = camera.first_pixel + band_pixel
    samples = camera.side * camera.side
    turn = turn_of(pixel, camera.size)
    unhindered = wp.vec3(0.0, 0.0, 0.0)
    sent = wp.vec3(1.0e-6, 1.0e-6, 1.0e-6)
    arrived = wp.vec3(1.0e-6, 1.0e-6, 1.0e-6)
    extra = wp.vec3(0.0, 0.0, 0.0)
    passed = wp.float32(1.0)
    settled = wp.bool(False)
    strands = wp.int32(0)
    others = wp.int32(0)
    rounds = wp.int32(0)
    for half in range(2 * ROUNDS):
        again = half / 2
        if half > 0:
            passed = arrived[1] / sent[1]
            settled = strands > 0 and others == 0
        if half == 2 and (passed < 0.02 or passed > 0.98 or strands > 0):
            break
        if half % 2 == 0:
            rounds = rounds + 1
        for sample in range(samples):
            surface = surfaces[band_pixel * samples + sample]
            if surface.kind != NOTHING and in_half(sample, camera.side, half):
                normal = surface.soft_normal
                lift = wp.float32(LIFT)
                if surface.kind == STRAND:
                    lift = STRAND_LIFT
                    strands = strands + 1
                else:
                    others = others + 1
                share = passed
                if not settled:
                    direction = spiral(normal, turn + float(again) / float(ROUNDS), sample, samples)
                    share = passes(meshes, surface.position + normal * lift + direction * 0.004, direction, REACH)
                    light = wp.cw_mul(surface.colour, in_direction(room.light, direction))
                    sent = sent + light
                    arrived = arrived + light * share
                if again == 0:
                    unhindered = unhindered + wp.cw_mul(surface.colour, in_direction(room.falling, normal))
                # what stands in the way is lit itself, and of about the same colour
                bounce = wp.float32(BOUNCE)
                if surface.kind == MOUTH:
                    bounce = MOUTH_BOUNCE
                tinted = wp.cw_mul(surface.colour, surface.colour)
                extra = extra + wp.cw_mul(tinted, room.mean) * (bounce * (1.0 - share))
                if surface.kind == EYE:
                    extra = extra + mirrored_room(surface, camera, room, share)
    image[band_pixel] = (wp.cw_mul(unhindered, wp.cw_div(arrived, sent)) + extra / float(rounds)) / float(samples)


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
    aslant = 1.0 - wp.max(wp.dot(view, half_way), 0.0)
    squared = aslant * aslant
    fresnel = reflectance + (1.0 - reflectance) * squared * squared * aslant
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
def sixteenth(value: float):
    """The sixteenth power: faster than a power in general."""
    fourth = value * value * value * value
    return fourth * fourth * fourth * fourth


@wp.func
@no_type_check
def strand_colour(surface: Surface, view: wp.vec3, light: wp.vec3, tint: wp.vec3):
    """Kajiya and Kay's hair with two highlights, the second coloured by the hair and shifted towards its tips."""
    along = surface.normal
    crosswise = wp.sqrt(wp.max(0.0, 1.0 - wp.dot(along, light) * wp.dot(along, light)))
    lit = wp.clamp((wp.dot(surface.soft_normal, light) + STRAND_WRAP) / (1.0 + STRAND_WRAP), 0.0, 1.0)
    sharp = sixteenth(cone(along, view, light))
    first = 0.09 * sharp * sharp * sharp * sharp
    second = 0.55 * sixteenth(cone(wp.normalize(along + surface.soft_normal * 0.12), view, light))
    return (surface.colour * (0.62 * crosswise + second) + tint * first) * lit


@wp.func
@no_type_check
def skin_colour(surface: Surface, view: wp.vec3, light: wp.vec3):
    """Light goes round a little in skin, red most, and red sees less of the relief; two layers of shine."""
    soft = wp.dot(surface.soft_normal, light)
    sharp = wp.dot(surface.normal, light)
    red = wp.lerp(soft, sharp, 0.4)
    scattered = wp.vec3(
        0.97 * wp.max(0.0, (red + 0.15) / 1.15), wp.max(0.0, (sharp + 0.08) / 1.08), wp.max(0.0, (sharp + 0.04) / 1.04)
    )
    shine = 0.75 * highlight(surface.normal, view, light, surface.roughness, surface.reflectance)
    shine = shine + 0.28 * highlight(surface.normal, view, light, surface.roughness * 0.65, surface.reflectance)
    shine = shine * 1.95
    return wp.cw_mul(surface.colour, scattered) + wp.vec3(shine, shine, shine)


@wp.func
@no_type_check
def eye_colour(surface: Surface, view: wp.vec3, light: wp.vec3):
    """The white glows a little all over; the lamp is mirrored as a disc, larger than true so as to be seen."""
    lit = wp.max(0.0, (wp.dot(surface.soft_normal, light) + 0.15) / 1.15)
    glint = 0.9 * wp.smoothstep(0.980, 0.992, wp.dot(surface.normal, wp.normalize(view + light)))
    return surface.colour * lit + wp.vec3(glint, glint, glint)


@wp.func
@no_type_check
def plain_colour(surface: Surface, view: wp.vec3, light: wp.vec3):
    shine = 1.95 * highlight(surface.normal, view, light, surface.roughness, surface.reflectance)
    return surface.colour * wp.max(0.0, wp.dot(surface.soft_normal, light)) + wp.vec3(shine, shine, shine)


@wp.func
@no_type_check
def lamp_colour(surface: Surface, view: wp.vec3, light: wp.vec3, share: float, hair_tint: wp.vec3):
    """What a surface sends towards the view when `share` of a lamp's light arrives."""
    facing = wp.dot(surface.soft_normal, light)
    colour = wp.vec3(0.0, 0.0, 0.0)
    if surface.kind == STRAND:
        colour = strand_colour(surface, view, light, hair_tint) * share
    elif share > 0.0:
        if surface.kind == SKIN:
            colour = skin_colour(surface, view, light)
        elif surface.kind == EYE:
            colour = eye_colour(surface, view, light)
        else:
            colour = plain_colour(surface, view, light)
        colour = colour * share
    elif surface.kind == MOUTH:
        colour = surface.colour * (MOUTH_LEAK * wp.max(facing, 0.0))
    elif surface.kind == SKIN:  # some light seeps under the edges of shadows
        colour = wp.cw_mul(surface.colour, wp.vec3(0.022, 0.006, 0.003)) * wp.max(facing, 0.0)
    return colour


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
    """The mean over the samples of a pixel, each lit from another place of the lamp's disc.

    Rays of half of the samples do where nothing is in the way, and in hair.
    """
    band_pixel = wp.tid()
    pixel = camera.first_pixel + band_pixel
    samples = camera.side * camera.side
    turn = turn_of(pixel, camera.size)
    total = wp.vec3(0.0, 0.0, 0.0)
    arrived = wp.float32(0.0)
    least = wp.float32(1.0)
    strands = wp.int32(0)
    others = wp.int32(0)
    settled = wp.bool(False)
    for half in range(2):
        if half == 1 and strands + others > 0:
            settled = least > 0.99 or others == 0
            arrived = arrived / float(strands + others)
        for sample in range(samples):
            surface = surfaces[band_pixel * samples + sample]
            if surface.kind != NOTHING and in_half(sample, camera.side, half):
                angle = TURN * (turn + float(sample) * GOLDEN)
                radius = lamp.radius * wp.sqrt((float(sample) + 0.5) / float(samples))
                spot = lamp.position + lamp.across * (radius * wp.cos(angle)) + lamp.upright * (radius * wp.sin(angle))
                distance = wp.length(spot - surface.position)
                light = (spot - surface.position) / distance
                view = wp.normalize(camera.position - surface.position)
                facing = wp.dot(surface.soft_normal, light)
                start = surface.position + surface.soft_normal * LIFT + light * 0.004
                darkest = wp.float32(SKIN_DARK)
                if surface.kind == STRAND:
                    start = surface.position + light * STRAND_LIFT + surface.soft_normal * 0.03
                    darkest = -STRAND_WRAP
                if facing > darkest:  # others are dark, whatever passes
                    share = arrived
                    if not settled:
                        share = passes(meshes, start, light, distance)
                    if half == 0:
                        arrived = arrived + share
                        least = wp.min(least, share)
                        if surface.kind == STRAND:
                            strands = strands + 1
                        else:
                            others = others + 1
                    power = lamp.reach * lamp.reach / (distance * distance)
                    colour = lamp_colour(surface, view, light, share, hair_tint)
                    total = total + wp.cw_mul(colour, lamp.colour) * power
    image[band_pixel] = total / float(samples)
