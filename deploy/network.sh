#!/bin/sh
# Prints what likeness.service must be told if the settings need more of the network than loopback: pictures that
# are fetched, PostgreSQL, or an address of its own that others may reach. Prints nothing where loopback is enough.
#   deploy/network.sh /etc/likeness.env
#   deploy/network.sh /etc/likeness.env FOLDER     writes FOLDER/network.conf, or removes it
set -eu

wants_network() {
    grep -Eiq "^(export +)?LIKENESS_(FETCH_URLS|COLLECT)=[\"']?(1|true|yes|on)" "$1" && return
    grep -Eiq "^(export +)?LIKENESS_ARTIFACTS(_STORE)?=[\"']?[a-z0-9]+://" "$1" && return
    grep -Eiq "^(export +)?LIKENESS_DATABASE_URL=[\"']?postgres" "$1" && return
    grep -E "^(export +)?LIKENESS_BIND=" "$1" | tail -n 1 \
        | grep -Evq "=[\"']?(127\.|localhost:|\[::1\]|unix:)"
}

lifted() {
    printf '# Written by deploy/network.sh for the settings in %s: loopback is not enough for them.\n' "$1"
    printf '[Service]\nIPAddressDeny=\nIPAddressAllow=\n'
}

[ -f "$1" ] || exit 0
if [ $# -eq 1 ]; then
    if wants_network "$1"; then lifted "$1"; fi
elif wants_network "$1"; then
    mkdir -p "$2"
    lifted "$1" >"$2/network.conf"
else
    rm -f "$2/network.conf"
fi
