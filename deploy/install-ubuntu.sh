#!/bin/sh
# Installs Likeness on Ubuntu 24.04+ or Debian 12+: a system user, /opt/likeness, a service, an nginx site with https.
# Run it again to update: models, data sets, the database and /etc/likeness.env stay as they are, nobody waits longer
# than a restart takes, and no request is lost. At a terminal it asks what it was not told.
#   sudo deploy/install-ubuntu.sh --domain faces.example.org --email you@example.org
#   sudo deploy/install-ubuntu.sh --self-signed
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
home=/opt/likeness
environment=/etc/likeness.env
units=/etc/systemd/system
https=/etc/likeness
changes=0

usage() {
    cat <<USAGE
Usage: sudo $0 [options]
  --domain NAME --email ADDRESS  the host name people type, and a certificate for it from Let's Encrypt
  --self-signed                  a certificate of this machine's own: browsers warn once (--domain NAME puts the name in)
  --behind-proxy                 plain http, for a load balancer that speaks https for it
  --open | --keyed               everybody may ask for names | only who has a key (without a word: keyed)
  --data DIR                     where models, data sets and the database lie (without a word: /var/lib/likeness)
What it is not told it asks at a terminal; without one, a first run means --self-signed --keyed.
USAGE
}

say() { printf '== %s\n' "$*"; }
changed() { changes=$((changes + 1)); printf '   %s\n' "$*"; }
give_up() { printf 'install: %s\n' "$*" >&2; exit 1; }
wrong() { printf 'install: %s\n' "$*" >&2; exit 2; }

# shellcheck source-path=SCRIPTDIR/..
# shellcheck source=deploy/ubuntu/wishes.sh
. "$source/deploy/ubuntu/wishes.sh"
# shellcheck source=deploy/ubuntu/program.sh
. "$source/deploy/ubuntu/program.sh"
# shellcheck source=deploy/ubuntu/https.sh
. "$source/deploy/ubuntu/https.sh"

packages() {
    set -- python3 python3-venv ca-certificates openssl
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || set -- "$@" nginx-light
    [ "$kind" != letsencrypt ] || command -v certbot >/dev/null || set -- "$@" certbot
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    changed "apt-get install$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -o DPkg::Lock::Timeout=300 update
    # shellcheck disable=SC2086  # several words on purpose
    apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing
}

user_and_folders() {
    if ! id likeness >/dev/null 2>&1; then
        useradd --system --home-dir "$data" --no-create-home --shell /usr/sbin/nologin likeness
        changed "the system user likeness"
    fi
    install -d -m 0755 "$home" "$home/releases" "$home/libraries" "$https"
    install -d -m 0750 -o likeness -g likeness "$data" "$data/state" "$data/datasets"
    install -d -m 0755 "$data/weights"
}

settings() {
    [ ! -f "$environment" ] || return 0
    changed "$environment"
    (umask 027; cat >"$environment.new" <<SETTINGS
# Settings of Likeness. All of them: sudo likeness settings. After a change here: sudo likeness apply
LIKENESS_ARTIFACTS=$data/artifacts
LIKENESS_DATASETS=$data/datasets
LIKENESS_STATE=$data/state
LIKENESS_WEIGHTS=$data/weights
LIKENESS_BIND=127.0.0.1:8000
LIKENESS_TRUSTED_PROXY=127.0.0.1
LIKENESS_PUBLIC_URL=$(address)
LIKENESS_OPEN=$open
SETTINGS
    )
    chgrp likeness "$environment.new"
    mv "$environment.new" "$environment"
}

shipped_models() {
    if [ ! -d "$data/artifacts" ]; then
        changed "the models that come with Likeness, into $data/artifacts"
        cp -R "$source/artifacts" "$data/artifacts.new"
        chown -R likeness:likeness "$data/artifacts.new"
        mv "$data/artifacts.new" "$data/artifacts"
    fi
}

put() {  # MODE SOURCE TARGET
    cmp -s "$2" "$3" && return
    install -D -m "$1" "$2" "$3"
    changed "$3"
}

systemd_units() {
    before=$(find "$units" -path '*likeness*' -type f -exec cksum {} + 2>/dev/null | sort)
    put 0644 "$new/deploy/ubuntu/likeness.service" "$units/likeness.service"
    put 0644 "$new/deploy/ubuntu/likeness.socket" "$units/likeness.socket"
    for watching in likeness-watch@.service likeness-frigate.service; do
        put 0644 "$new/deploy/ubuntu/$watching" "$units/$watching"
    done
    "$new/deploy/ubuntu/network.sh" "$environment" "$units"
    [ "$before" = "$(find "$units" -path '*likeness*' -type f -exec cksum {} + 2>/dev/null | sort)" ] && return
    changed "what systemd knows of the service"
    units_changed=1
}

explain_without_systemd() {
    say "Everything is installed, but systemd does not run here: start the service and nginx your own way."
    exit 0
}

start() {
    [ -d /run/systemd/system ] || { make_current; site; explain_without_systemd; }
    if [ -n "$units_changed" ]; then
        systemctl daemon-reload
        systemctl stop likeness 2>/dev/null || true  # the address can only change while nobody answers there
        systemctl enable --quiet likeness.socket likeness nginx
        systemctl restart likeness.socket
    fi
    if [ -n "$units_changed" ] || ! is_current || ! systemctl --quiet is-active likeness; then
        switch "$new"
    fi
    site
}

say_who_may_come_in() {
    say "Likeness answers at $(address)"
    if link=$(installed keys claim --page "$(address)" 2>/dev/null); then
        say "The admin key, shown once, within the next hour:  $link"
        say "Later: sudo likeness keys claim makes another link."
    fi
    if [ "$kind" = self-signed ]; then
        say "Browsers warn of its own certificate, once: \"Advanced\", then \"Proceed\". A host name ends that:"
        printf '     sudo %s --domain faces.example.org --email you@example.org\n' "$0"
    fi
    say "Is all well?  sudo likeness doctor"
}

read_wishes "$@"
[ "$(id -u)" -eq 0 ] || give_up "run it as root: sudo $0"
command -v apt-get >/dev/null || give_up "this script is for Ubuntu and Debian; docs/deploy.md tells the steps for others"
what_is_installed
ask_the_rest
check_wishes
units_changed=
say "Packages, user, folders"
packages
user_and_folders
say "The program"
program
shipped_models
say "Settings, service, site"
settings
systemd_units
certificate
start
real_certificate
keep_wishes
clean_up
[ "$changes" -gt 0 ] || say "Nothing changed."
say_who_may_come_in
