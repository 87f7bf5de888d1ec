#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Kills training runs at random moments, resumes them, and compares their weights with those of a run that was left alone:
#     bash tests/kill_and_resume.sh PROGRAM [RUNS]
# PROGRAM is build/release/examples/train_nmnist, for example. Each run is killed with SIGKILL a few times, and is resumed
# with another number of threads each time. The seed of the random moments is printed; STAA_KILL_SEED repeats them.
set -euo pipefail

program=$1 runs=${2:-50}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
seed=${STAA_KILL_SEED:-$$}
RANDOM=$seed
echo "seed of this test: $seed"

# set_command OUT THREADS: sets `command` to a training with ten checkpoints per second.
set_command() {
    command=("$program" --epochs 2 --batch 16 --steps 2 --out "$1" --threads "$2" --checkpoint-seconds 0.1 --resume)
}
train() {
    set_command "$@"
    "${command[@]}" >"$folder/out" 2>&1 || {
        cat "$folder/out"
        exit 1
    }
}

start=$(date +%s%N)
train "$folder/whole" 2
milliseconds=$((($(date +%s%N) - start) / 1000000))
expected=$(sha256sum <"$folder/whole/weights.safetensors")
echo "a run takes $milliseconds ms"

kills=0 resumed=0
for ((run = 1; run <= runs; ++run)); do
    out=$folder/run$run
    for ((kill = 0; kill < 4; ++kill)); do
        set_command "$out" $((1 + RANDOM % 3))
        "${command[@]}" >"$folder/out" 2>&1 &
        pid=$!
        sleep "$(awk -v longest="$milliseconds" -v share="$RANDOM" 'BEGIN { print longest * share / 32768 / 2000 }')"
        if kill -KILL "$pid" 2>/dev/null; then
            kills=$((kills + 1))
        fi
        wait "$pid" 2>/dev/null || true
    done
    train "$out" $((1 + RANDOM % 2))
    if grep -q '^goes on in epoch' "$folder/out"; then
        resumed=$((resumed + 1))
    fi
    if [[ $(sha256sum <"$out/weights.safetensors") != "$expected" ]]; then
        echo "run $run: the weights differ from those of a run that was not interrupted"
        exit 1
    fi
    left=$(find "$out" -name '*.staa-part*' | wc -l)
    if ((left > 0)); then
        echo "run $run: $left temporary files are left"
        exit 1
    fi
    rm -r "$out"
done
if ((kills < runs || resumed < runs / 2)); then
    echo "only $kills kills and $resumed resumed runs: this test has shown nothing"
    exit 1
fi
echo "$runs runs, $kills kills, $resumed of them resumed at the end: all weights are equal"
