#!/bin/sh
# Prints, or writes, what systemd must be told because of the settings in a file, as /etc/likeness.env:
#   network.conf  more of the network than loopback: pictures that are fetched, PostgreSQL, an address of its own
#   data.conf     folders that the service writes outside /var/lib/likeness
#   bind.conf     another address than 127.0.0.1:8000, for likeness.socket
#   deploy/ubuntu/network.sh FILE                   prints what network.conf would hold
#   deploy/ubuntu/network.sh FILE /etc/systemd/system     writes what is needed there, and removes what is not
set -eu

said() { sed -En "s/^(export +)?$1=[\"']?([^\"']*)[\"']?[[:space:]]*$/\2/p" "$environment" | tail -n 1; }

wants_network() {
    for name in FETCH_URLS COLLECT; do
        case $(said LIKENESS_$name | tr '[:upper:]' '[:lower:]') in 1 | true | yes | on) return 0 ;; esac
    done
    case $(said LIKENESS_ARTIFACTS)$(said LIKENESS_ARTIFACTS_STORE) in *://*) return 0 ;; esac
    case $(said LIKENESS_DATABASE_URL) in postgres*) return 0 ;; esac
    case $(said LIKENESS_BIND) in '' | 127.* | localhost:* | '[::1]'* | unix:*) return 1 ;; esac
}

network() {
    wants_network || return 0
    printf '# Written by deploy/ubuntu/network.sh for the settings in %s: loopback is not enough for them.\n' "$environment"
    printf '[Service]\nIPAddressDeny=\nIPAddressAllow=\n'
}

data() {
    folders=$(for name in ARTIFACTS DATASETS STATE WEIGHTS; do said LIKENESS_$name; done \
        | grep '^/.' | grep -v "^/var/lib/likeness/" | sort -u) || true
    [ -n "$folders" ] || return 0
    printf '# Written by deploy/ubuntu/network.sh for the settings in %s.\n[Service]\n' "$environment"
    printf '%s\n' "$folders" | sed 's/^/ReadWritePaths=/'
}

bind() {
    address=$(said LIKENESS_BIND)
    case $address in '' | 127.0.0.1:8000) return 0 ;; esac
    printf '# Written by deploy/ubuntu/network.sh for the settings in %s.\n[Socket]\nListenStream=\n' "$environment"
    printf '%s\n' "$address" | tr , '\n' | sed -E 's/^ *(unix:)?/ListenStream=/'
}

put() {  # FILE: standard input becomes it where it differs; nothing removes it
    new=$(cat)
    if [ -z "$new" ]; then
        rm -f "$1"
    elif [ "$new" != "$(cat "$1" 2>/dev/null)" ]; then
        mkdir -p "$(dirname "$1")"
        printf '%s\n' "$new" >"$1"
    fi
}

environment=$1
[ -f "$environment" ] || exit 0
if [ $# -eq 1 ]; then
    network
else
    network | put "$2/likeness.service.d/network.conf"
    data | put "$2/likeness.service.d/data.conf"
    data | put "$2/likeness-watch@.service.d/data.conf"
    data | put "$2/likeness-frigate.service.d/data.conf"
    bind | put "$2/likeness.socket.d/bind.conf"
fi
