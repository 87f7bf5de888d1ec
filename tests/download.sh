#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What examples/download.sh does with parts of earlier downloads: bash tests/download.sh. It downloads a small archive from
# a folder and from a server on this machine, in place of CIFAR-10.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v curl >/dev/null; then
    echo "skipped: curl is not installed"
    exit 0
fi
folder=$(mktemp -d)
server=
cleanup() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

mkdir -p "$folder/mirror" "$folder/cifar-10-batches-bin"
head -c 100000 /dev/urandom >"$folder/cifar-10-batches-bin/data_batch_1.bin"
archive=$folder/mirror/cifar-10-binary.tar.gz
tar -czf "$archive" -C "$folder" cifar-10-batches-bin
digests=$(md5sum <"$archive" | cut -d ' ' -f 1),$(sha256sum <"$archive" | cut -d ' ' -f 1)
sed "s/c32a1d4ab5d03f1284b67883e8d87530,[0-9a-f]*/$digests/" examples/download.sh >"$folder/download.sh"
grep -q "$digests" "$folder/download.sh"

# check WHAT MIRROR: downloads, and compares what was unpacked.
check() {
    STAA_MIRROR=$2 bash "$folder/download.sh" cifar-10 "$folder/data" >"$folder/out" 2>&1 || {
        printf '%s: download.sh failed\n' "$1"
        cat "$folder/out"
        exit 1
    }
    cmp "$folder/cifar-10-batches-bin/data_batch_1.bin" "$folder/data/cifar-10-batches-bin/data_batch_1.bin"
    if compgen -G "$folder/data/archives/*.part" >/dev/null; then
        echo "$1: a part is left"
        exit 1
    fi
    rm -r "$folder/data"
    mkdir -p "$folder/data/archives"
}
part=$folder/data/archives/cifar-10-binary.tar.gz.part
mkdir -p "$folder/data/archives"

check "without a part" "file://$folder/mirror"
head -c 5000 "$archive" >"$part"
check "a part that fits" "file://$folder/mirror"
cp "$archive" "$part"
check "a part that is complete" "file://$folder/mirror"
cat "$archive" "$archive" >"$part"
check "a part that is too long" "file://$folder/mirror"
head -c 5000 /dev/urandom >"$part"
check "a part of another file" "file://$folder/mirror"

if command -v python3 >/dev/null; then
    python3 -u -m http.server --bind 127.0.0.1 --directory "$folder/mirror" 0 >"$folder/server" 2>&1 &
    server=$!
    for ((i = 0; i < 100; ++i)); do
        port=$(sed -nE 's/.* port ([0-9]+) .*/\1/p' "$folder/server")
        [[ -z $port ]] || break
        sleep 0.1
    done
    head -c 5000 "$archive" >"$part"
    check "a server that can't continue" "http://127.0.0.1:$port"
fi

# A file with other bytes is refused: MD5 and SHA-256 are both compared.
sed "s/\(,[0-9a-f]\{10\}\)[0-9a-f]*/\1/" "$folder/download.sh" >"$folder/other.sh"
if STAA_MIRROR=file://$folder/mirror bash "$folder/other.sh" cifar-10 "$folder/data" >"$folder/out" 2>&1; then
    echo "a wrong SHA-256 was accepted"
    exit 1
fi
grep -q "is damaged" "$folder/out"
echo "download.sh: all passed"
