#!/bin/bash
# image.sh DIRECTORY: builds the container image with buildah, its base image too (from Debian's own
# packages, no registry of images), and looks at what is in it. All of it happens in a mount and a
# process namespace of its own, in memory where there is enough, so that neither mount nor process is
# left of it, however it ends. Packages that this machine's apt still has are not fetched again.
# Needs root, debootstrap, buildah and Debian's packages; 77 with the reason where it cannot run.
# shellcheck disable=SC2317 # functions are called by check
set -eu
work=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
PATH=$PATH:/usr/sbin:/sbin
since=0

# ---- Outside -------------------------------------------------------------------------------------

skip() {
    echo "skipped: $1"
    exit 77
}

# This machine's package sources, its settings included: they are how it reaches Debian.
find_mirror() {
    # shellcheck disable=SC2016 # the $(…) is apt's
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' |
        head -n 1)
    mirror=${mirror%/}
    [ -n "$mirror" ] || skip "apt knows no mirror of Debian 12 (apt-get update)"
    /usr/lib/apt/apt-helper -o Acquire::Retries=3 -o Acquire::http::Timeout=20 download-file \
        "$mirror/dists/bookworm/Release" "$work/Release" >"$work/log" 2>&1 ||
        skip "$mirror does not answer: $(tail -n 1 "$work/log")"
}

if [ $# -eq 1 ]; then
    [ "$(id -u)" -eq 0 ] || skip "making a Debian to build in needs root"
    for program in buildah debootstrap; do
        command -v "$program" >/dev/null || skip "$program is not installed (./dev setup test)"
    done
    # unshare ends with this shell, and with it all below.
    own=(setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc)
    said=$("${own[@]}" sh -c 'mount -t tmpfs none /mnt && chroot / true' 2>&1) ||
        skip "namespaces, mounts or chroot are forbidden here: $said"
    rm -rf "$work"
    mkdir -p "$work"
    trap 'rm -rf "$work"' EXIT
    find_mirror
    ended=0
    nice -n 5 "${own[@]}" bash "tests/cloud/infra/${BASH_SOURCE[0]##*/}" "$work" "$mirror" || ended=$?
    exit "$ended"
fi

# ---- Inside --------------------------------------------------------------------------------------

mirror=$2
failed=0

check() {
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok      $what"
    else
        echo "NOT OK  $what"
        sed 's/^/        /' "$work/out"
        failed=1
    fi
}

took() {
    echo "$1: $((SECONDS - since)) s"
    since=$SECONDS
}

# Layers as overlays, which copy nothing, where the kernel can lay one over `work`.
make_room() {
    local free
    free=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
    [ "$free" -lt 6000 ] || mount -t tmpfs -o size=4g,mode=700 none "$work"
    mkdir -p "$work"/{debs,lower,upper,over,try}
    driver=vfs
    ! mount -t overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/over" none "$work/try" \
        2>/dev/null || driver=overlay
    own=(--root "$work/storage" --runroot "$work/run" --storage-driver "$driver")
    # What is fetched is kept for the next stage, over what this machine has already.
    mkdir "$work/more" "$work/moving"
    mount -t overlay -o "lowerdir=/var/cache/apt/archives,upperdir=$work/more,workdir=$work/moving" none \
        "$work/debs" 2>/dev/null || true
    echo "in $(findmnt -n -o FSTYPE -T "$work"), $driver, $(find "$work/debs" -name '*.deb' | wc -l) packages at hand"
}

make_base() {
    local container root
    container=$(buildah "${own[@]}" from scratch)
    root=$(buildah "${own[@]}" mount "$container")
    debootstrap --variant=minbase --cache-dir="$work/debs" bookworm "$root" "$mirror" >"$work/log" 2>&1 || {
        tail -n 30 "$work/log"
        return 1
    }
    rm -rf "$root/etc/apt" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    cp -a /etc/apt "$root/etc/apt"
    echo 'Acquire::Retries "3";' >"$root/etc/apt/apt.conf.d/retries"
    # As Debian's slim images do, but that packages stay for the next stage (not in the image, see --volume).
    echo 'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";' >"$root/etc/apt/apt.conf.d/docker-clean"
    printf 'path-exclude /usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/slim"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/speed"
    buildah "${own[@]}" umount "$container" >/dev/null
    buildah "${own[@]}" commit -q --rm "$container" docker.io/library/debian:12-slim >/dev/null
}

build_image() {
    buildah "${own[@]}" bud --pull-never --isolation chroot --format docker \
        --volume "$work/debs:/var/cache/apt/archives" \
        -f cloud/docker/Dockerfile -t pulse . >"$work/log" 2>&1 || {
        tail -n 30 "$work/log"
        return 1
    }
}

inside() {
    buildah "${own[@]}" run --isolation chroot "$container" -- "$@"
}

configured() {
    buildah "${own[@]}" inspect --type image --format "$1" pulse | grep -F -- "$2"
}

no_compiler() {
    local found
    found=$(cd "$image" && find bin sbin usr/bin usr/sbin usr/lib -name '*gcc*' -type f -perm /111 -o \
        -regextype posix-extended -regex '.*/(cc|c\+\+|clang.*|make|ninja|cmake|ld|as)' -print)
    [ -z "$found" ] || {
        echo "$found"
        return 1
    }
}

no_key() {
    ! grep -rlI -e 'PRIVATE KEY' "$image/etc" "$image/home" "$image/root"
}

no_missing_library() {
    # shellcheck disable=SC2016 # the inner shell's
    inside sh -c 'for p in /usr/bin/pulse-*; do ldd $p; done' >"$work/ldd" &&
        ! grep 'not found' "$work/ldd"
}

trains() {
    inside pulse-data synth --rows 600 --variables 4 /tmp/panel.csv &&
        inside mpirun --oversubscribe -n 2 pulse-train --data /tmp/panel.csv --output /tmp/results &&
        inside test -s /tmp/results/summary.json -a -s /tmp/results/results.h5
}

look() {
    container=$(buildah "${own[@]}" from --pull-never pulse)
    image=$(buildah "${own[@]}" mount "$container")
    # shellcheck disable=SC2016 # the inner shell's
    check "runs as a user without rights" inside sh -c 'test "$(id -un)" = pulse && ! test -w /usr'
    check "starts with pulse-node" configured '{{.OCIv1.Config.Entrypoint}}' /usr/bin/pulse-node
    check "has a health check" configured '{{.Docker.Config.Healthcheck}}' pulse-train
    check "holds no compiler" no_compiler
    check "holds no key" no_key
    check "every program finds its libraries" no_missing_library
    check "the entry point starts" inside pulse-node --help
    check "ssh and sshd are there" inside test -x /usr/sbin/sshd -a -x /usr/bin/ssh
    check "certificates to check TLS with are there" inside test -s /etc/ssl/certs/ca-certificates.crt
    check "trains on two ranks" trains
    echo "image: $(du -sm "$image" | cut -f 1) MB unpacked"
}

make_room
make_base
took "base image"
build_image
took "build"
look
took "a look"
exit "$failed"
