#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the programs do with bad command lines, full disks and a limit on the size of files:
#     bash tests/programs.sh FOLDER
# FOLDER holds train_nmnist, train_cifar and show_data: build/release/examples, for example.
set -euo pipefail

programs=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
number=0

# expect EXIT_CODE TEXT COMMAND...: runs the command. Its exit code must be EXIT_CODE, and its output must hold TEXT.
expect() {
    local wanted=$1 text=$2 code=0
    shift 2
    number=$((number + 1))
    "$@" >"$folder/out" 2>&1 || code=$?
    if [[ $code != "$wanted" ]] || ! grep -qF -- "$text" "$folder/out"; then
        printf '%s\n  gave exit code %s, expected %s and "%s"; its output:\n' "$*" "$code" "$wanted" "$text"
        sed 's/^/    /' "$folder/out"
        failed=1
    fi
}

nmnist=("$programs/train_nmnist" --steps 2 --epochs 1 --batch 64 --threads 2)
unset_variable=
expect 1 "empty" "${nmnist[@]}" --weights "$unset_variable" --out "$folder/a"
expect 1 "empty" "${nmnist[@]}" --out "$unset_variable"
expect 1 "''" "${nmnist[@]}" --seed "$unset_variable" --out "$folder/a"
expect 1 "'0x10'" "${nmnist[@]}" --seed 0x10 --out "$folder/a"
expect 1 "'1e3'" "${nmnist[@]}" --seed 1e3 --out "$folder/a"
expect 1 "99999999999999999999 is too large" "${nmnist[@]}" --seed 99999999999999999999 --out "$folder/a"
expect 1 "99999999999 is too large" "${nmnist[@]}" --threads 99999999999 --out "$folder/a"
expect 1 "--lr" "${nmnist[@]}" --lr nan --out "$folder/a"
expect 1 "--lr" "${nmnist[@]}" --lr 1e999 --out "$folder/a"
expect 1 "" "$programs/show_data" --no-such-option
expect 1 "empty" "$programs/show_data" --out "$unset_variable"
expect 0 "Usage" "$programs/show_data" --help
if [[ -e $folder/a ]]; then
    echo "a command line that was refused made a folder"
    failed=1
fi

expect 0 "epoch 1/1" "${nmnist[@]}" --out "$folder/whole"
expect 0 "epoch 1/1" "$programs/train_nmnist" --steps 02 --epochs 01 --batch 064 --threads 2 --weights "$folder/whole/weights.safetensors" \
    --out "$folder/second"
expect 0 "\"initial_weights\": \"$folder/whole/weights.safetensors\"" cat "$folder/second/metrics.json"
expect 0 '"initial_weights": "random"' cat "$folder/whole/metrics.json"
expect 1 "initial weights" "${nmnist[@]}" --resume --out "$folder/second"

if [[ -c /dev/full ]]; then
    expect 1 "cannot write to standard output" bash -c '"$@" >/dev/full' bash "${nmnist[@]}" --out "$folder/full"
    expect 1 "cannot write to standard output" bash -c '"$@" >/dev/full' bash "$programs/show_data" --help
fi
# A limit of 20 blocks of 1 KiB: weights do not fit, and the program says so rather than dying of a signal.
expect 1 "cannot write" bash -c 'ulimit -f 20; "$@"' bash "${nmnist[@]}" --out "$folder/limit"
if [[ -n $(find "$folder/limit" -name '*.staa-part*' -o -name 'weights.safetensors') ]]; then
    echo "a part of a file is left after a limit on the size of files"
    failed=1
fi

if ((failed)); then
    exit 1
fi
echo "$number commands did what was expected"
