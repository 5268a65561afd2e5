#!/bin/sh
# Makes the checkout ready to run: .venv, the pinned libraries, the page's jQuery, the pretrained files.
# Run again, it does only what is missing.
# Usage: deploy/setup.sh [--dev] [--docs] [--no-command] [--environment FILE]
# --dev adds what tests and linters need, --docs what the documentation site needs. --no-command leaves out the command
# `likeness` in .venv, where several copies of the code share it.
# The libraries of requirements.txt are checked by sha256 (requirements.lock), those of the other lists by version.
# HASHES=0 checks all by version; HASHES=1 gives up where a list has no hashes.
# Where LIKENESS_DATABASE_URL names PostgreSQL, in the environment or in that file, psycopg comes along.
set -eu
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
oldest="3.11"
requirements=requirements.txt
docs=
command=1
environment=
while [ $# -gt 0 ]; do
    case $1 in
        --dev) requirements="requirements-dev.txt" ;;
        --docs) docs=1 ;;
        --no-command) command= ;;
        --environment) environment=${2:?names a file}; shift ;;
        *)
            printf 'setup: there is no %s; there are --dev, --docs, --no-command and --environment FILE\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done

say() { printf '%s\n' "$*"; }
give_up() { printf 'setup: %s\n' "$*" >&2; exit 1; }

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null 2>&1 && fits "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

explain_no_python() {
    wanted=${PYTHON:-python3}
    found=$(command -v "$wanted" >/dev/null 2>&1 && "$wanted" --version 2>&1 || echo "no $wanted at all")
    give_up "Likeness needs Python $oldest or newer; this machine has $found.
  Debian 12+, Ubuntu 24.04+:  sudo apt-get install python3 python3-venv
  Another interpreter:        make setup PYTHON=/path/to/python3.12"
}

make_venv() {
    python=$(find_python) || explain_no_python
    say "Making $venv with $("$python" --version) ..."
    "$python" -c 'import ensurepip, venv' 2>/dev/null || give_up "$python has no venv module.
  Debian, Ubuntu:  sudo apt-get install python3-venv
  then run this again."
    rm -rf "$venv"
    "$python" -m venv "$venv" || give_up "$python could not make $venv; the lines above say why."
}

digest() { { cat requirements.txt requirements-postgres.txt requirements.lock "$1"; echo "${HASHES:-}"; } | cksum; }

# What pip reads for a list of requirements, and how. It never falls back from hashes to versions by itself.
list_for() {
    case ${HASHES:-} in
        0) printf '%s' "-r $1"; return ;;
        "" | 1) ;;
        *) give_up "HASHES is $HASHES; it may be 0 or 1, or left out." ;;
    esac
    if [ "$1" = requirements.txt ]; then
        printf '%s' "--require-hashes -r requirements.lock"
    elif [ -z "${HASHES:-}" ]; then
        printf '%s' "-r $1"
    else
        give_up "HASHES=1: there are hashes for requirements.txt alone and none for $1.
  Leave HASHES out, and its libraries are checked by version."
    fi
}

install() {
    stamp="$venv/.installed-$1"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(digest "$1")" ]; then return; fi
    say "Installing the pinned libraries of $1 ($2) ..."
    list=$(list_for "$1") || exit 1
    # shellcheck disable=SC2086 # several words
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off $list \
        || give_up "pip could not install $1. Is the package index reachable from here? Then run this again.
  Where it says that hashes do not match, the index serves other files than those of requirements.lock.
  If they are of your own making, HASHES=0 checks the libraries by version alone."
    digest "$1" > "$stamp"
}

install_page_linter() {
    if ! command -v "${NPM:-npm}" >/dev/null; then
        say "There is no npm here, so make lint leaves out the page: apt-get install npm"
        return
    fi
    npm_stamp=node_modules/.installed
    if [ "$(cat "$npm_stamp" 2>/dev/null)" = "$(cksum <package-lock.json)" ]; then return; fi
    say "Installing the linter of the page into node_modules ..."
    if "${NPM:-npm}" ci --no-audit --no-fund --loglevel=error; then
        cksum <package-lock.json >"$npm_stamp"
    else
        say "Going on without it: make lint leaves out the page."
    fi
}

wants_postgres() {
    case ${LIKENESS_DATABASE_URL:-} in postgres*) return 0 ;; esac
    [ -n "$environment" ] && grep -Eqs "^[[:space:]]*LIKENESS_DATABASE_URL=[[:space:]]*[\"']?postgres" "$environment"
}

# What `likeness watch` needs to ask the service and to tell of what it saw, where a setting says so.
wants_cameras() {
    [ -z "${LIKENESS_MQTT:-}${LIKENESS_WEBHOOK:-}" ] || return 0
    [ -n "$environment" ] && grep -Eqs "^[[:space:]]*LIKENESS_(MQTT|WEBHOOK)=." "$environment"
}

# A moved or half-made .venv, or one of another Python, does not start: it is made anew.
works() { [ -x "$venv/bin/python" ] && fits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }
works || make_venv

install "$requirements" "a few hundred MB the first time"
if [ "$requirements" = requirements-dev.txt ]; then install_page_linter; fi
if [ -n "$docs" ]; then install requirements-docs.txt "the documentation site"; fi
if wants_postgres; then install requirements-postgres.txt "LGPL-3.0; for PostgreSQL"; fi
if wants_cameras; then
    install requirements-client.txt "for cameras"
    install requirements-mqtt.txt "for cameras"
fi

# The command `likeness`: this checkout's code, found whatever folder it is typed in.
if [ -n "$command" ]; then "$venv/bin/python" deploy/checkout/link_command.py; fi

"$venv/bin/python" -m likeness prepare
