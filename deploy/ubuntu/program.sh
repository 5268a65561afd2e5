# The program as releases below /opt/likeness: made beside the one that runs, then made the current one, and back.
# Sourced by deploy/install-ubuntu.sh and deploy/ubuntu/likeness.
#   releases/VERSION-DIGEST   the code        libraries/DIGEST   the virtual environment of one list of libraries
#   current                   a link to the release that runs
# shellcheck shell=sh disable=SC2154

PARTS="likeness data_cleaning model server ui nginx deploy"
FILES="requirements.txt requirements.lock requirements-postgres.txt requirements-client.txt requirements-mqtt.txt README.md LICENSE THIRD_PARTY.md CHANGELOG.md"
RELEASES_KEPT=3
READY_TRIES=90

sum() { sha256sum | cut -c 1-12; }

code_files() { find $PARTS $FILES -type f -not -path '*/__pycache__/*' -not -path 'ui/vendor/*' -print; }

release_name() {
    version=$(sed -n 's/^VERSION = "\(.*\)"/\1/p' "$source/data_cleaning/version.py" | tail -n 1)
    digest=$(cd "$source" && code_files | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum | sum)
    printf '%s-%s' "$version" "$digest"
}

libraries_name() { { cat requirements.txt requirements.lock requirements-postgres.txt; python3 --version; } | sum; }

copy_code() {  # TO
    (cd "$source" && tar -cf - --exclude=__pycache__ $PARTS $FILES) | tar -xf - -C "$1"
    if [ -d "$home/current/ui/vendor" ] && [ ! -d "$1/ui/vendor" ]; then cp -R "$home/current/ui/vendor" "$1/ui/vendor"; fi
    chown -R root:root "$1"
}

# Whole or not at all: made aside, then renamed.
program() {
    new=$home/releases/$(release_name)
    if [ ! -d "$new" ]; then
        rm -rf "$home/releases/.part"
        mkdir "$home/releases/.part"
        copy_code "$home/releases/.part"
        libraries "$home/releases/.part"
        mv "$home/releases/.part" "$new"
        changed "$new"
    fi
    put 0755 "$new/deploy/ubuntu/likeness" /usr/local/bin/likeness
}

libraries() {  # RELEASE
    (
        cd "$1"
        ln -sfn "$home/libraries/$(libraries_name)" .venv
        LIKENESS_WEIGHTS="$data/weights" VENV="$home/libraries/$(libraries_name)" \
            deploy/setup.sh --no-command --environment "$environment"
        .venv/bin/python -m compileall -q likeness data_cleaning model server || true  # the service may not write there
    )
    chmod -R u=rwX,go=rX "$1" "$home/libraries" "$data/weights"
}

is_current() { [ "$(readlink "$home/current" 2>/dev/null)" = "releases/${new##*/}" ]; }

make_current() {
    is_current && return
    ln -sfn "releases/${new##*/}" "$home/current.new"
    mv -T "$home/current.new" "$home/current"
    changed "$home/current is ${new##*/}"
}

ready_at() {
    where=$(sed -n 's/^LIKENESS_BIND=["'\'']\{0,1\}\([^"'\'',]*\).*/\1/p' "$environment" | tail -n 1)
    case $where in unix:*) printf '' ;; 0.0.0.0:*) printf '127.0.0.1:%s' "${where##*:}" ;; *) printf '%s' "${where:-127.0.0.1:8000}" ;; esac
}

# Whether it answers at all. No model that can answer is a sentence on the page and in the log, and no failed start.
answers() {
    [ -n "$(ready_at)" ] || return 0
    tries=0
    until python3 -c 'import sys, urllib.request as u; u.urlopen("http://" + sys.argv[1] + "/healthz", timeout=5)' "$(ready_at)" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt "$READY_TRIES" ] || ! systemctl --quiet is-active likeness; then return 1; fi
        sleep 1
    done
}

restarts() { systemctl restart likeness && answers && watch_on; }

# Cameras are watched by the release that answers. None may be.
watch_on() { systemctl --quiet try-restart 'likeness-watch@*' likeness-frigate 2>/dev/null || true; }

# Requests wait at likeness.socket while the processes are replaced. A release that does not start is taken back.
switch() {  # RELEASE
    new=$1
    before=$(readlink "$home/current" 2>/dev/null || true)
    make_current
    restarts && return
    journalctl -u likeness -n 30 --no-pager || true
    if [ -z "$before" ] || [ "$before" = "releases/${new##*/}" ]; then
        give_up "the service did not start; the lines above say why"
    fi
    ln -sfn "$before" "$home/current.new"
    mv -T "$home/current.new" "$home/current"
    if restarts; then give_up "${new##*/} did not start; ${before##*/} answers again. The lines above say why"; fi
    give_up "neither ${new##*/} nor ${before##*/} starts; the lines above say why"
}

# Older releases go, and libraries that no release has; so does what installations had before there were releases.
clean_up() {
    [ "$source" = "$home" ] || for part in $PARTS $FILES .venv; do rm -rf "${home:?}/$part"; done
    find "$home/releases" -mindepth 1 -maxdepth 1 -printf '%T@ %f\n' | sort -rn | tail -n +$((RELEASES_KEPT + 1)) \
        | while read -r _ old; do
            [ "$(readlink "$home/current")" = "releases/$old" ] || rm -rf "${home:?}/releases/$old"
        done
    for folder in "$home"/libraries/*; do
        used=
        for release in "$home"/releases/*; do [ "$(readlink "$release/.venv")" != "$folder" ] || used=1; done
        [ -n "$used" ] || rm -rf "$folder"
    done
}
