#!/bin/sh
# Removes what deploy/install-ubuntu.sh has installed. Models, data sets, the database, the settings and the list of the
# forgotten stay, and installing again goes on with them.
#   sudo deploy/uninstall.sh
#   sudo deploy/uninstall.sh --data    these too, after a question; without a terminal also say --yes
set -eu

environment=/etc/likeness.env
units=/etc/systemd/system
data='' yes=''

give_up() { printf 'uninstall: %s\n' "$*" >&2; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in
        --data) data=1 ;;
        --yes) yes=1 ;;
        *) printf 'Usage: sudo %s [--data [--yes]]\n' "$0" >&2; exit 2 ;;
    esac
    shift
done
[ "$(id -u)" -eq 0 ] || give_up "run it as root: sudo $0"

folders() {
    printf '/var/lib/likeness\n'
    sed -nE 's/^LIKENESS_(ARTIFACTS|DATASETS|STATE|WEIGHTS)=//p' "$environment" 2>/dev/null
}

ask() {
    [ -z "$yes" ] || return 0
    [ -t 0 ] || give_up "without a terminal say --data --yes; nothing was removed"
    printf 'Models, data sets, database, keys and settings will be gone:\n%s\nType "remove" to go on: ' "$(folders | sort -u)"
    read -r answer
    [ "$answer" = remove ] || give_up "nothing was removed"
}

[ -z "$data" ] || ask
if [ -d /run/systemd/system ]; then
    systemctl disable --quiet --now likeness likeness.socket 2>/dev/null || true
    systemctl stop 'likeness-watch@*' likeness-frigate 2>/dev/null || true
fi
rm -rf "$units/likeness.service" "$units/likeness.socket" "$units/likeness.service.d" "$units/likeness.socket.d"
for watching in likeness-watch@ likeness-frigate; do
    rm -rf "$units/$watching.service" "$units/$watching.service.d" "$units/multi-user.target.wants/$watching"*
done
rm -f /etc/nginx/sites-enabled/likeness /etc/nginx/sites-available/likeness /etc/letsencrypt/renewal-hooks/deploy/likeness
rm -rf /opt/likeness /usr/local/bin/likeness
# Settings of cameras stay as the service's do; the certificate does not.
[ ! -d /etc/likeness ] || find /etc/likeness -mindepth 1 ! -name '*.env' -delete
rmdir /etc/likeness 2>/dev/null || true
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reload nginx 2>/dev/null || true
fi
if [ -z "$data" ]; then
    printf 'Likeness is removed. What it knows stays in %s and %s.\n' "$(folders | sort -u | paste -s -d ' ' -)" "$environment"
    exit 0
fi
folders | sort -u | while read -r folder; do rm -rf "${folder:?}"; done
rm -rf "$environment" /etc/likeness
userdel likeness 2>/dev/null || true
printf 'Likeness and all that it knew are removed. Packages (nginx, python3) and certificates of certbot stay.\n'
