#!/bin/sh
# Whether every pinned library has a wheel for each Python and each kind of machine: pip decides, and installs nothing.
#   deploy/checkout/wheels.sh                          Python 3.11 to 3.14, x86_64 and aarch64
#   deploy/checkout/wheels.sh requirements-faiss.txt   of another list
set -eu
cd "$(dirname "$0")/../.."
list=${1:-requirements.txt}
python=${VENV:-.venv}/bin/python
status=0

platforms() {  # MACHINE: the tags that such a machine with glibc 2.36 (Debian 12) or newer takes
    for glibc in 5 12 17 24 26 27 28 31 34 35 36; do printf -- '--platform manylinux_2_%s_%s ' "$glibc" "$1"; done
    printf -- '--platform manylinux2014_%s' "$1"
}

for version in 3.11 3.12 3.13 3.14; do
    for machine in x86_64 aarch64; do
        # shellcheck disable=SC2046  # several options on purpose
        if said=$("$python" -m pip install --dry-run --quiet --target /nowhere --only-binary :all: --ignore-installed \
            --python-version "$version" --implementation cp $(platforms "$machine") -r "$list" 2>&1); then
            echo "$version $machine: a wheel for every library of $list"
        else
            status=1
            printf '%s %s: %s\n' "$version" "$machine" "$(printf '%s\n' "$said" | grep -i error | head -n 2)"
        fi
    done
done
exit "$status"
