#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures how long translation units take to compile: bash bench/compile_time.sh [compiler, by default g++]
# It prints seconds of processor time at -O2: of staa.hpp alone, then of one network each that trains, infers and
# streams.
# The exit code is 1 if one of them is above its limit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/ensure_packages.sh
ensure_packages g++ libeigen3-dev libxsimd-dev

compiler=${1:-g++}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags=(-std=c++20 -O2 -march=native -fopenmp -I include -isystem /usr/include/eigen3)
if [[ $compiler == *clang* ]]; then
    flags+=(-mllvm -openmp-opt-disable) # cmake/program_flags.cmake has this option too, and explains it
fi

# seconds_for NAME LIMIT: compiles $folder/unit.cpp and prints the time beside the limit.
above=0
seconds_for() {
    local TIMEFORMAT='%U %S'
    { time "$compiler" "${flags[@]}" -c "$folder/unit.cpp" -o "$folder/unit.o" 2>"$folder/errors"; } 2>"$folder/time" || {
        cat "$folder/errors" >&2
        exit 1
    }
    awk -v name="$1" -v limit="$2" '{ above = ($1 + $2 > limit)
        printf "%-42s %5.1f s   limit %d s%s\n", name, $1 + $2, limit, (above ? "   ABOVE" : ""); exit above }' \
        "$folder/time" || above=1
}

echo "$("$compiler" --version | head -n 1), -O2"
echo '#include <staa/staa.hpp>' >"$folder/unit.cpp"
seconds_for 'staa.hpp alone' 3

for network in 'ResNet20<64, 100>' 'ResNet20<64, 100, Lif<>>' 'ResNet20On<Frames<2, 48, 48>, 64, 10>' \
    'ResNet19<128, 10>' 'Vgg13<64, 10>' 'ResNet18<64, 1000>' 'ResNet34<64, 1000>'; do
    cat >"$folder/unit.cpp" <<UNIT
#include <staa/staa.hpp>
using namespace staa;
using Net = $network;
void train(Net& net, const Net::Images& images, const Labels& labels) {
    Sgd<Net> sgd{{.learning_rate = 0.1}};
    Tape<Net> tape;
    auto [loss, gradient] = cross_entropy(net.forward(images, tape), labels);
    net.backward(gradient, tape);
    sgd.step(net);
}
Net::Logits infer(const Net& net, const Net::Images& images) { return net.infer(images); }
Net::Logits step(const Net& net, const Tensor<float, 4>& frame, State<Net>& state) { return net.step(frame, state); }
UNIT
    seconds_for "$network" 25
done
exit "$above"
