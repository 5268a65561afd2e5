#!/bin/sh
# A backup of all that cannot be made again, while the service answers: database, journal, keys, data sets, models, and
# /etc/likeness.env. It is written aside and renamed: there is no half backup.
#   sudo deploy/backup.sh /mnt/backups/likeness.tar
#   sudo deploy/backup.sh --to age1... /mnt/backups/likeness.tar.age    encrypted; only who has the key can read it
# A key is made where the backups are read, and not here:  apt-get install age; age-keygen -o likeness.key
set -eu

recipient=
give_up() { printf 'backup: %s\n' "$*" >&2; exit 1; }
usage() { printf 'Usage: sudo %s [--to AGE-RECIPIENT] FILE\n' "$0" >&2; exit 2; }

if [ "${1:-}" = --to ]; then
    [ $# -ge 2 ] || usage
    recipient=$2
    shift 2
fi
case $# in 1) file=$1 ;; *) usage ;; esac
case $file in -*) usage ;; esac
[ "$(id -u)" -eq 0 ] || give_up "run it as root: sudo $0 ..."
[ -z "$recipient" ] || command -v age >/dev/null || give_up "age encrypts: apt-get install age"
folder=$(cd "$(dirname "$file")" && pwd) || give_up "there is no folder for $file"

umask 077
scratch=$(mktemp -d "$folder/.likeness-backup-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# A pipe forgets how its first part ended.
contents() { likeness backup - || : >"$scratch/failed"; }

# To the file, for whom it is meant.
kept() {
    if [ -z "$recipient" ]; then cat >"$1"; return; fi
    age --encrypt --recipient "$recipient" --output "$1" || give_up "age did not succeed; nothing was written"
}

contents | kept "$scratch/backup"
kept "$scratch/env" </etc/likeness.env
[ ! -e "$scratch/failed" ] || give_up "nothing was written; the lines above say why"
sync "$scratch/backup"
mv "$scratch/backup" "$file"
mv "$scratch/env" "$file.env"
printf '%s is written, and the settings beside it: %s.env\n' "$file" "$file"
printf 'Who is forgotten from now on: keep a copy of %s too, on another machine.\n' \
    "$(sed -n 's/^LIKENESS_STATE=//p' /etc/likeness.env | tail -n 1)/forgotten.jsonl"
