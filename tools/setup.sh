# setup.sh - what tools/quickstart and tools/check share; source it with `.`.
#
# Debian packages are installed only where they are missing, so a second run touches nothing and
# needs no rights. A step's output goes to a log that is shown only when the step fails.

log=${TMPDIR:-/tmp}/jieda-setup.$$.log
trap 'rm -f "$log"' EXIT
step_number=0

say() {
    printf '%s\n' "$*"
}

# step TITLE COMMAND...: runs quietly, says how long it took, stops everything when it fails.
step() {
    title=$1
    shift
    step_number=$((step_number + 1))
    started=$(date +%s)
    printf '[%d] %s ... ' "$step_number" "$title"
    if "$@" >"$log" 2>&1; then
        printf 'done (%d s)\n' $(($(date +%s) - started))
    else
        printf 'FAILED\n'
        tail -n 60 "$log" >&2
        say "jieda: \"$title\" failed; the lines above say why" >&2
        exit 1
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

missing_packages() {
    for package; do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            printf '%s ' "$package"
    done
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
            install -y -q --no-install-recommends "$@"
}

# install_packages TITLE PACKAGE...
install_packages() {
    packages_title=$1
    shift
    if ! command -v dpkg-query >/dev/null; then
        say "jieda: this is no Debian; install the counterparts of these yourself: $*"
        return
    fi
    missing=$(missing_packages "$@")
    # shellcheck disable=SC2086 # a list of package names
    [ -z "$missing" ] || step "$packages_title" apt_install $missing
}

build_packages='gcc libc6-dev cmake ninja-build pkg-config libsqlite3-dev libutf8proc-dev
libcjson-dev libpcre2-dev libedit-dev libcurl4-openssl-dev libssl-dev'
