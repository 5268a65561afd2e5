# What the person wants: from the command line, from the last time, from answers at the terminal. Sourced by
# deploy/install-ubuntu.sh.
# shellcheck shell=sh disable=SC2034,SC2154

domain='' email='' kind='' open='' data=''

read_wishes() {
    while [ $# -gt 0 ]; do
        case $1 in
            --domain | --email | --data)
                [ $# -gt 1 ] || wrong "$1 wants a value: $1 ..."
                case $1 in --domain) domain=$2 ;; --email) email=$2 ;; --data) data=${2%/} ;; esac
                shift
                ;;
            --self-signed) kind=self-signed ;;
            --behind-proxy) kind=behind-proxy ;;
            --open) open=1 ;;
            --keyed) open=0 ;;
            -h | --help) usage; exit 0 ;;
            *) usage >&2; wrong "there is no $1. For a host name: --domain $1 --email you@example.org" ;;
        esac
        shift
    done
    [ -n "$kind" ] || [ -z "$domain" ] || kind=letsencrypt
}

said_in() { sed -n "s/^$2=//p" "$1" 2>/dev/null | tail -n 1; }

what_is_installed() {
    [ -f "$environment" ] || return 0
    there=$(said_in "$environment" LIKENESS_STATE)
    there=${there%/state}
    [ -z "$data" ] || [ "$data" = "$there" ] \
        || give_up "the data lie in $there, as $environment says. To move them: docs/deploy.md, Moving the data"
    data=${there:-/var/lib/likeness}
    was_open=$(said_in "$environment" LIKENESS_OPEN)
    if [ -n "$open" ] && [ "$open" != "${was_open:-0}" ]; then
        say "$environment stays as it is. To change who may ask: LIKENESS_OPEN=$open there, then sudo likeness apply"
    fi
    open=${was_open:-0}
    if [ -z "$kind" ]; then
        kind=$(said_in "$https/wishes" kind)
        domain=$(said_in "$https/wishes" domain)
    fi
    [ -n "$email" ] || email=$(said_in "$https/wishes" email)
    was=$(said_in "$environment" LIKENESS_PUBLIC_URL)
    if [ -n "$was" ] && [ -n "$domain" ] && [ "$was" != "$(address)" ]; then
        say "$environment stays as it is: it says LIKENESS_PUBLIC_URL=$was. Write $(address) there, then sudo likeness apply"
    fi
}

ask() {  # QUESTION DEFAULT: prints the answer
    printf '%s [%s] ' "$1" "${2:-none}" >&2
    read -r answer || answer=
    printf '%s' "${answer:-$2}"
}

ask_the_rest() {
    if [ -t 0 ]; then
        if [ -z "$kind" ]; then
            domain=$(ask "Host name that people type, as faces.example.org; none for a certificate of its own:" "")
            [ -z "$domain" ] || kind=letsencrypt
        fi
        if [ "$kind" = letsencrypt ] && [ -z "$email" ]; then
            email=$(ask "Address for Let's Encrypt to warn of an ending certificate:" "")
        fi
        if [ -z "$open" ]; then
            case $(ask "May everybody who reaches it ask for names, without a key? y or n:" n) in
                [yY]*) open=1 ;;
            esac
        fi
        [ -n "$data" ] || data=$(ask "Folder of models, data sets and database:" /var/lib/likeness)
    fi
    kind=${kind:-self-signed} open=${open:-0} data=${data:-/var/lib/likeness}
}

check_wishes() {
    case $domain in *[!a-zA-Z0-9.-]*) wrong "--domain $domain: write one host name, as faces.example.org" ;; esac
    [ "$kind" != letsencrypt ] || [ -n "$email" ] || wrong "--domain $domain needs --email you@example.org for Let's Encrypt; or add --self-signed"
    case $data in
        /home/* | /root/* | /tmp/* | /var/tmp/*) wrong "--data $data: the service sees no home and no temporary folder; take /srv/likeness" ;;
        /?*) ;;
        *) wrong "--data $data: write a whole path, as /srv/likeness" ;;
    esac
    case $data in *[!a-zA-Z0-9/._-]*) wrong "--data $data: letters, digits and . _ - / are allowed" ;; esac
}

keep_wishes() {
    wishes=$(printf 'kind=%s\ndomain=%s\nemail=%s' "$kind" "$domain" "$email")
    [ "$wishes" = "$(cat "$https/wishes" 2>/dev/null)" ] || (umask 022; printf '%s\n' "$wishes" >"$https/wishes")
}

# Where people reach the page, as far as this machine knows.
address() {
    name=$domain
    [ -n "$name" ] || name=$(hostname -I 2>/dev/null | cut -d ' ' -f 1)
    [ -n "$name" ] || name=localhost
    case $kind in
        behind-proxy) printf 'http://%s' "$name" ;;
        *) printf 'https://%s' "$name" ;;
    esac
}
