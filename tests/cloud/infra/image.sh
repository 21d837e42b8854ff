#!/bin/bash
# image.sh DIRECTORY: builds the container image with buildah, its base image too (from Debian's own
# packages, no registry of images), and looks at what is in it. Everything is made in DIRECTORY and
# removed. Needs root, debootstrap and buildah, and the packages of Debian; takes minutes.
# shellcheck disable=SC2317 # functions are called by check and trap
set -eu
work=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
root=$work/base
own=(--root "$work/storage" --runroot "$work/run" --storage-driver vfs)
failed=0

tidy() {
    buildah "${own[@]}" umount --all >/dev/null 2>&1 || true
    rm -rf "$work"
}

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

# This machine's package sources, its settings included: they are how it reaches Debian.
make_base() {
    local mirror
    # shellcheck disable=SC2016 # the $(…) is apt's
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' |
        head -n 1)
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1
    rm -rf "$root/etc/apt" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    cp -a /etc/apt "$root/etc/apt"
    # As Debian's slim images do.
    printf 'path-exclude /usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/slim"
    tar -C "$root" -cf "$work/base.tar" .
    local container
    container=$(buildah "${own[@]}" from scratch)
    buildah "${own[@]}" add -q "$container" "$work/base.tar" / >/dev/null
    buildah "${own[@]}" commit -q --rm "$container" docker.io/library/debian:12-slim >/dev/null
    rm -rf "$root" "$work/base.tar"
}

build_image() {
    buildah "${own[@]}" bud --pull-never --isolation chroot --format docker \
        -f cloud/docker/Dockerfile -t pulse . >"$work/build.log" 2>&1 || {
        tail -n 30 "$work/build.log"
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

mkdir -p "$work"
trap tidy EXIT
since=0
make_base
took "base image"
build_image
took "build"
look
exit "$failed"
