#!/bin/sh
# What the image `app` needs besides the libraries and the code; its Dockerfile calls it.
#   sh deploy/containers/fill.sh all | none | "NAME ..."     which pretrained files lie in it
set -eu
cd /opt/likeness

bring() { python -m likeness weights "$@" || echo "Going on without the pretrained files: the classic recipes need none."; }

# shellcheck disable=SC2086  # several names on purpose
case $1 in
    none) ;;
    all) bring ;;
    *) bring $1 ;;
esac
mkdir -p "$LIKENESS_WEIGHTS"
[ "$1" = none ] || touch "$LIKENESS_WEIGHTS/.asked"
python -c 'import sys; from likeness.serving import jquery; sys.exit(jquery.bring())'
python -m likeness nginx-site --ui /usr/share/likeness/ui --app app:8080 --listen 8080 >likeness.conf

install -m 0755 deploy/containers/likeness-service deploy/sagemaker/serve deploy/sagemaker/train /usr/local/bin/
useradd --no-create-home --shell /usr/sbin/nologin --uid 10001 --home-dir /data likeness
mkdir -p /data/state /data/datasets /data/weights
cp -R artifacts /data/artifacts
chown -R likeness:likeness /data
