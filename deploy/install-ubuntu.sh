#!/bin/sh
# Installs Likeness on Ubuntu 24.04+ or Debian 12+: a system user, /opt/likeness, a service, an nginx site.
# Run it again to update; models, data sets, the database and /etc/likeness.env stay as they are.
#   sudo deploy/install-ubuntu.sh                      any host name, port 80
#   sudo deploy/install-ubuntu.sh faces.example.org    one host name
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
server_name=${1:-_}
home=/opt/likeness
state=/var/lib/likeness
environment=/etc/likeness.env

say() { printf '== %s\n' "$*"; }
give_up() { printf 'install: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || give_up "run it as root: sudo $0"
command -v apt-get >/dev/null || give_up "this script is for Ubuntu and Debian; docs/deploy.md tells the steps for others"

say "Packages"
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends python3 python3-venv nginx-light ca-certificates

say "User and folders"
id likeness >/dev/null 2>&1 || useradd --system --home-dir "$state" --no-create-home --shell /usr/sbin/nologin likeness
install -d -m 0755 "$home"
install -d -m 0750 -o likeness -g likeness "$state" "$state/state" "$state/datasets"
install -d -m 0755 "$state/weights"

say "The program, into $home"
if [ "$source" != "$home" ]; then
    for part in likeness data_cleaning model server ui nginx deploy; do
        rm -rf "${home:?}/$part.new"
        cp -R "$source/$part" "$home/$part.new"
        rm -rf "${home:?}/$part"
        mv "$home/$part.new" "$home/$part"
    done
    cp "$source"/requirements.txt "$source"/requirements-postgres.txt "$source"/README.md "$source"/LICENSE "$source"/THIRD_PARTY.md "$source"/CHANGELOG.md "$home/"
fi
LIKENESS_WEIGHTS="$state/weights" "$home/deploy/setup.sh" --environment "$environment"
chmod -R u=rwX,go=rX "$home" "$state/weights"

if [ ! -d "$state/artifacts" ]; then
    say "The models that come with Likeness"
    cp -R "$source/artifacts" "$state/artifacts"
fi
chown -R likeness:likeness "$state/artifacts"

say "Settings in $environment"
if [ ! -f "$environment" ]; then
    cat >"$environment" <<SETTINGS
# Settings of Likeness. All of them: sudo likeness settings. After a change here: sudo likeness apply
LIKENESS_ARTIFACTS=$state/artifacts
LIKENESS_DATASETS=$state/datasets
LIKENESS_STATE=$state/state
LIKENESS_WEIGHTS=$state/weights
LIKENESS_BIND=127.0.0.1:8000
LIKENESS_TRUSTED_PROXY=127.0.0.1
SETTINGS
    chmod 0640 "$environment"
    chgrp likeness "$environment"
fi

say "The service"
install -m 0644 "$home/deploy/likeness.service" /etc/systemd/system/likeness.service
"$home/deploy/network.sh" "$environment" /etc/systemd/system/likeness.service.d
install -m 0755 "$home/deploy/likeness" /usr/local/bin/likeness

say "The nginx site"
# Nothing of the caller's environment: a setting of theirs would be one that the service does not have.
site() { (cd "$home" && env -i PATH="$PATH" .venv/bin/python -m likeness --environment "$environment" nginx-site "$@"); }
available=/etc/nginx/sites-available/likeness
site --server-name "$server_name" >"$available.new" || give_up "the settings in $environment cannot be used"
if grep -q "managed by Certbot" "$available" 2>/dev/null; then
    say "certbot has changed the site: only its limits are renewed; the new version lies beside it as likeness.new"
    if site --refresh "$available" >"$available.part"; then
        mv "$available.part" "$available"
    else
        rm "$available.part"
        say "$available stays as it is: compare it with likeness.new"
    fi
else
    mv "$available.new" "$available"
fi
ln -sf ../sites-available/likeness /etc/nginx/sites-enabled/likeness
# Debian's own welcome page answers on port 80 as well; it goes only if nobody changed the link.
if [ "$(readlink /etc/nginx/sites-enabled/default 2>/dev/null)" = /etc/nginx/sites-available/default ]; then
    rm /etc/nginx/sites-enabled/default
fi
nginx -t -q || give_up "nginx does not accept its configuration; the lines above say why"

if [ ! -d /run/systemd/system ]; then
    say "Everything is installed, but systemd does not run here: start the service and nginx your own way."
    exit 0
fi
systemctl daemon-reload
systemctl enable --quiet likeness nginx
systemctl restart likeness || { journalctl -u likeness -n 30 --no-pager; give_up "the service did not start"; }
systemctl reload-or-restart nginx

say "Waiting until it is ready"
tries=0
until python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1/readyz", timeout=5)' 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { journalctl -u likeness -n 30 --no-pager; give_up "it is not ready after two minutes"; }
    sleep 2
done
say "Likeness answers on port 80. The first start printed a link to the admin key, valid once and for an hour:"
printf '     journalctl -u likeness | grep -i "admin key"\n'
say "Lost it?  sudo likeness keys create me --role admin"
say "For https:  apt-get install certbot python3-certbot-nginx && certbot --nginx -d your.host.name"
