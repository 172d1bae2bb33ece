#!/usr/bin/env bash
# All that unweave does, on people whom the bundled model has never seen: bash examples/demo.sh FOLDER
set -euo pipefail
out=${1:?the folder to put the pictures into, which must not exist yet}

unweave data unpack faces64 "$out/faces"
people=$out/faces/test                          # 000 to 009; the model was trained on others
person=$people/000-neutral-02-000-00.webp       # identity - expression - light - intensity - sample
smiling=$people/003-smile-04-100-00.webp
surprised=$people/005-surprise-02-100-00.webp
lit=$people/007-neutral-08-000-00.webp

echo; echo "== one attribute, everything else stays"
unweave transfer faces64 "$person" --from expression="$smiling" -o "$out/smile-of-003.png"
unweave transfer faces64 "$person" --from light="$lit" -o "$out/light-of-007.png"
unweave transfer faces64 "$person" --from identity="$smiling" -o "$out/identity-of-003.png"

echo; echo "== two attributes at once, and half a smile"
unweave transfer faces64 "$person" --from expression="$surprised" --from light="$lit" -o "$out/joint.png"
unweave transfer faces64 "$person" --from expression="$smiling" --strength 0.5 -o "$out/half-a-smile.png"

echo; echo "== folders: a grid, rows are sources and columns exemplars"
mkdir "$out/sources" "$out/exemplars"
cp "$people"/00[0-4]-neutral-02-000-00.webp "$out/sources"
cp "$smiling" "$surprised" "$people"/{006-scream,008-squint,009-disgust}-04-100-00.webp "$out/exemplars"
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
