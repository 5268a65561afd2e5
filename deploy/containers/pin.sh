#!/bin/sh
# Names the images by digest: asks for the one that each tag has now, and writes it to deploy/.env, which compose reads.
#   deploy/containers/pin.sh          needs skopeo, or docker with buildx
#   deploy/containers/pin.sh --args   for `docker build`: what deploy/.env says of base images; asks nobody
# Another image or tag comes from the environment (PYTHON_IMAGE=...), another file from ENV_FILE.
set -eu
cd "$(dirname "$0")/../.."
file=${ENV_FILE:-deploy/.env}

give_up() { printf 'pin: %s\n' "$*" >&2; exit 1; }

base_images() { sed -n 's/^ARG \([A-Z]*_IMAGE\)=\(.*\)$/\1 \2/p' deploy/Dockerfile; }
# shellcheck disable=SC2016 # the braces are compose's
other_images() { sed -n 's/^ *image: \${\([A-Z]*_IMAGE\):-\(.*\)}$/\1 \2/p' deploy/compose.yaml; }

# Of the list of platforms, where the image has one: it serves every kind of machine.
digest() {  # IMAGE
    if command -v skopeo >/dev/null; then
        skopeo inspect --raw "docker://$1" >"$scratch/manifest" && echo "sha256:$(sha256sum <"$scratch/manifest" | cut -c 1-64)"
    else
        docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1"
    fi
}

pinned() {  # NAME IMAGE
    eval "image=\${$1:-$2}"
    case $image in *@sha256:*) printf '%s=%s\n' "$1" "$image"; return ;; esac
    found=$(digest "$image") || return 1
    if ! printf '%s' "$found" | grep -qx 'sha256:[0-9a-f]\{64\}'; then
        echo "pin: that is no digest: $found" >&2
        return 1
    fi
    printf '%s=%s@%s\n' "$1" "$image" "$found"
}

arguments() {
    [ -f "$file" ] || give_up "there is no $file yet: make pin-images"
    base_images | while read -r name _; do sed -n "s/^$name=/--build-arg $name=/p" "$file"; done
}

case ${1:-} in
    "") ;;
    --args) arguments; exit ;;
    *) give_up "there is no $1; there is --args" ;;
esac

command -v skopeo >/dev/null || docker buildx version >/dev/null 2>&1 \
    || give_up "needs skopeo, or docker with buildx: apt-get install skopeo"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$file.part"' EXIT

{ base_images; other_images; } >"$scratch/images"
while read -r name image; do
    pinned "$name" "$image" >>"$scratch/pins" \
        || give_up "nobody tells the digest of $name; the lines above say why. $file is as it was."
done <"$scratch/images"

# Other lines stay, and so do the rights of the file; written aside, then renamed.
if [ -f "$file" ]; then cp -p "$file" "$file.part"; fi
{
    if [ -f "$file" ]; then grep -v -E "^($(cut -d ' ' -f 1 "$scratch/images" | paste -s -d '|'))=" "$file" || true; fi
    cat "$scratch/pins"
} >"$scratch/new"
cat "$scratch/new" >"$file.part"
mv "$file.part" "$file"
cat "$scratch/pins"
