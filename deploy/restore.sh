#!/bin/sh
# Puts a backup of deploy/backup.sh back, on this machine or on a new one where deploy/install-ubuntu.sh has run. The
# service stops meanwhile. Who was forgotten after the backup was made stays forgotten: by this machine's list, and by
# that of the machine that is no more.
#   sudo deploy/restore.sh /mnt/backups/likeness.tar
#   sudo deploy/restore.sh --release 0.2.0-8f6356534114 /mnt/backups/before.tar   and that release answers from then on
#   sudo deploy/restore.sh --key likeness.key --forgotten forgotten.jsonl /mnt/backups/likeness.tar.age
set -eu

home=/opt/likeness
key='' forgotten='' release=''
give_up() { printf 'restore: %s\n' "$*" >&2; exit 1; }
usage() { printf 'Usage: sudo %s [--key AGE-KEY-FILE] [--forgotten LIST] [--release NAME] FILE\n' "$0" >&2; exit 2; }

while [ $# -gt 1 ]; do
    case $1 in
        --key) key=$2 ;;
        --forgotten) forgotten=$2 ;;
        --release) release=$2 ;;
        *) usage ;;
    esac
    shift 2
done
case ${1:-} in '' | -*) usage ;; esac
[ "$(id -u)" -eq 0 ] || give_up "run it as root: sudo $0 ..."
for needed in "$1" "$key" "$forgotten"; do
    [ -z "$needed" ] || [ -r "$needed" ] || give_up "$needed cannot be read"
done
[ -z "$key" ] || command -v age >/dev/null || give_up "age decrypts: apt-get install age"

[ -z "$release" ] || [ -d "$home/releases/$release" ] || give_up "there is no release $release; sudo likeness releases lists them"

contents() { if [ -n "$key" ]; then age --decrypt --identity "$key" "$1"; else cat "$1"; fi; }

# The service's user may not see the folder of the list: it gets a copy of its own.
shared=$(mktemp -d)
trap 'rm -rf "$shared"' EXIT
chmod 0755 "$shared"
file=$1
set -- restore
if [ -n "$forgotten" ]; then
    install -m 0644 "$forgotten" "$shared/forgotten.jsonl"
    set -- "$@" --forgotten "$shared/forgotten.jsonl"
fi

make_current() {  # RELEASE
    ln -sfn "releases/$1" "$home/current.new"
    mv -T "$home/current.new" "$home/current"
}

before=$(basename "$(readlink "$home/current")")
systemctl stop likeness.socket likeness
[ -z "$release" ] || make_current "$release"
if contents "$file" | likeness "$@" -; then restored=1; else restored=; make_current "$before"; fi
systemctl start likeness.socket likeness || give_up "the service does not start: journalctl -u likeness -n 30"
[ -n "$restored" ] || give_up "nothing was changed; the lines above say why. The service answers again."
printf 'Restored. The settings of then lie beside the backup, in %s.env; those of now are in force.\n' "$file"
