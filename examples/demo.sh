#!/usr/bin/env bash
# All that unweave does, on people whom the bundled model has never seen: bash examples/demo.sh FOLDER
set -euo pipefail
out=${1:?the folder to put the pictures into, which must not exist yet}

unweave data unpack faces64 "$out/faces"
people=$out/faces/test                                   # 0000 to 0019; the model was trained on others
person=$people/person0012_neutral_0_front_front_neutral.webp       # identity, expression, sitting, light, gaze, colour
smiling=$people/person0005_smile_0_room_front_neutral.webp
surprised=$people/person0014_surprise_0_front_front_neutral.webp
lit=$people/person0003_neutral_0_left_front_neutral.webp

echo; echo "== one attribute, everything else stays"
unweave transfer faces64 "$person" --from expression="$smiling" -o "$out/smile-of-0005.png"
unweave transfer faces64 "$person" --from light="$lit" -o "$out/light-of-0003.png"
unweave transfer faces64 "$person" --from identity="$smiling" -o "$out/identity-of-0005.png"

echo; echo "== two attributes at once, and half a smile"
unweave transfer faces64 "$person" --from expression="$surprised" --from light="$lit" -o "$out/joint.png"
unweave transfer faces64 "$person" --from expression="$smiling" --strength 0.5 -o "$out/half-a-smile.png"

echo; echo "== folders: a grid, rows are sources and columns exemplars"
mkdir "$out/sources" "$out/exemplars"
cp "$people"/person000[1379]_neutral_0_front_front_neutral.webp "$person" "$out/sources"
cp "$smiling" "$surprised" "$people"/person00{06_scream,11_squint,18_disgust}_0_room_front_neutral.webp "$out/exemplars"
unweave transfer faces64 "$out/sources" --from expression="$out/exemplars" -o "$out/expressions"
unweave transfer faces64 "$out/sources" --from light="$lit" --from expression="$smiling" -o "$out/light-and-smile"

echo; echo "== a person mixed of three (Eq. 11), a mixture of expressions, a passage between two expressions, the mean smile of the training images"
unweave mix faces64 "$person" "$smiling=0.4" "$surprised=0.3" "$lit=0.3" --of identity -o "$out/mixture-of-people.png"
unweave mix faces64 "$person" "$smiling=0.5" "$surprised=0.5" --of expression -o "$out/mixture.png"
unweave interpolate faces64 "$person" "$smiling" "$surprised" --of expression \
    -o "$out/passage.png" --animation "$out/passage.gif"
unweave synthesize faces64 "$person" --class expression=smile -o "$out/mean-smile.png"

echo; echo "== a short training on the bundled faces: its pictures are still rough, but the losses fall"
unweave train faces64 --preset quick -o "$out/run"
echo "reconstruction loss, every 50 steps:"
grep -oE '"step": [0-9]*[05]0, "reconstruction": [0-9.]+' "$out/run/metrics.jsonl" | tr -d '"'

echo; echo "pictures of the bundled model:  $out/*.png, $out/passage.gif, $out/expressions/grid.png"
echo "pictures of the short training: $out/run/samples/, its losses: $out/run/metrics.jsonl"
