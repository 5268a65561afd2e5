# The certificate and the nginx site. Sourced by deploy/install-ubuntu.sh. Everything of https lies in /etc/likeness:
#   fullchain.pem, privkey.pem   links: to the machine's own certificate, or to that of Let's Encrypt
#   challenges/                  what Let's Encrypt asks for by plain http
#   site.d/                      further lines for the site, as that of HSTS; yours, too
# shellcheck shell=sh disable=SC2154

SITES=/etc/nginx

# Nothing of the caller's environment: a setting of theirs would be one that the service does not have.
installed() {
    (cd "$new" && env -i PATH="$PATH" HOME="$data" LANG=C.UTF-8 OMP_NUM_THREADS=1 \
        runuser -u likeness -- "$new/.venv/bin/python" -m likeness --environment "$environment" "$@")
}

names() {
    { printf '%s\nlocalhost\n' "$domain"; hostname; } | grep . | sort -u | sed 's/^/DNS:/'
    { printf '127.0.0.1\n::1\n'; hostname -I 2>/dev/null | tr ' ' '\n'; } | grep . | sort -u | sed 's/^/IP:/'
}

own_certificate() {
    own=$https/own
    if openssl x509 -in "$own/fullchain.pem" -noout -checkend 2592000 >/dev/null 2>&1 \
        && [ "$(cat "$own/names")" = "$(names)" ]; then return; fi
    (
        umask 077
        mkdir -p "$own"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 397 -sha256 \
            -subj "/CN=${domain:-$(hostname)}" -addext "subjectAltName=$(names | paste -s -d , -)" \
            -addext "basicConstraints=critical,CA:FALSE" -addext "extendedKeyUsage=serverAuth" \
            -keyout "$own/privkey.pem" -out "$own/fullchain.pem" 2>/dev/null
        names >"$own/names"
    ) || give_up "openssl could not make a certificate"
    changed "a certificate of this machine's own, for 397 days, in $own"
    certificate_changed=1
}

point_to() {  # FOLDER
    [ "$(readlink "$https/fullchain.pem" 2>/dev/null)" = "$1/fullchain.pem" ] && return
    ln -sfn "$1/privkey.pem" "$https/privkey.pem"
    ln -sfn "$1/fullchain.pem" "$https/fullchain.pem"
    changed "https with the certificate in $1"
    certificate_changed=1
}

certificate() {
    certificate_changed=
    [ "$kind" != behind-proxy ] || return 0
    install -d -m 0755 "$https/challenges" "$https/site.d"
    live=/etc/letsencrypt/live/$domain
    if [ "$kind" = letsencrypt ] && [ -f "$live/fullchain.pem" ]; then
        point_to "$live"
    else
        own_certificate
        point_to "$https/own"
    fi
    [ "$kind" = letsencrypt ] || rm -f "$https/site.d/hsts.conf"
}

write_site() {  # TO
    set -- "$1" --server-name "${domain:-_}" --ui "$home/current/ui"
    [ "$kind" = behind-proxy ] || set -- "$@" --https "$https"
    target=$1
    shift
    installed nginx-site "$@" >"$target" || { rm -f "$target"; give_up "the settings in $environment cannot be used"; }
}

# certbot --nginx, which an installation of before may have used, has changed the site: only its limits are renewed.
site_of_certbot() {
    say "certbot has changed the site: only its limits are renewed; the new version lies beside it as likeness.new"
    if installed nginx-site --refresh "$1" --ui "$home/current/ui" >"$1.part"; then
        mv "$1.part" "$1"
    else
        rm "$1.part"
        say "$1 stays as it is: compare it with likeness.new"
    fi
}

site() {
    available=$SITES/sites-available/likeness
    enabled=$SITES/sites-enabled
    rendered=$(mktemp)
    write_site "$rendered"
    if cmp -s "$rendered" "$available" && [ -e "$enabled/likeness" ]; then
        rm "$rendered"
        [ -z "$certificate_changed" ] || reload_nginx
        return 0
    fi
    install -m 0644 "$rendered" "$available.new"
    rm "$rendered"
    changed "$available"
    if grep -q "managed by Certbot" "$available" 2>/dev/null; then
        site_of_certbot "$available"
    else
        cp "$available" "$available.old" 2>/dev/null || true
        mv "$available.new" "$available"
    fi
    ln -sf ../sites-available/likeness "$enabled/likeness"
    # Debian's own welcome page answers on port 80 as well; it goes only if nobody changed the link.
    if [ "$(readlink "$enabled/default" 2>/dev/null)" = /etc/nginx/sites-available/default ]; then
        rm "$enabled/default"
    fi
    if ! nginx -t -q; then
        [ ! -f "$available.old" ] || mv "$available.old" "$available"
        give_up "nginx does not accept its configuration; the lines above say why"
    fi
    rm -f "$available.old"
    reload_nginx
}

reload_nginx() { [ ! -d /run/systemd/system ] || systemctl reload-or-restart nginx; }

# From Let's Encrypt, once the site answers. Without it the machine's own certificate stays, and https with it.
real_certificate() {
    [ "$kind" = letsencrypt ] && [ ! -f "$live/fullchain.pem" ] || return 0
    say "A certificate for $domain from Let's Encrypt"
    put 0755 "$new/deploy/ubuntu/renewed" /etc/letsencrypt/renewal-hooks/deploy/likeness
    certificate_changed=
    if certbot certonly --non-interactive --agree-tos --email "$email" --domain "$domain" \
        --webroot --webroot-path "$https/challenges" --cert-name "$domain"; then
        point_to "$live"
        reload_nginx
    else
        say "No certificate yet: the page goes on with its own. Does $domain lead to this machine, and is port 80 open?"
        say "Then run this again."
    fi
}
