#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The checks that take too long for .ci/run: bash tests/thorough.sh [--list] [stage ..]
# Without arguments it runs every stage. It prints a table of the results at the end, and fails if a stage failed.
# A stage that cannot run on this machine is skipped, and the table says why.
# STAA_ROOMS="core kernels" replaces the rooms (folders of tests) that the stages build.
# shellcheck disable=SC2317  # functions are called by name
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/ensure_packages.sh

readonly out=build/thorough all_rooms="core kernels layers networks fusion allocation training data io analysis golden documents"
readonly skipped=77

# Name, and what the stage finds. The function that runs the stage is run_NAME with "-" replaced by "_".
stages=(
    "clang|all tests, compiled by clang++ -O1"
    "asan|all tests except the golden cases, with AddressSanitizer and UndefinedBehaviorSanitizer"
    "asan-golden|the golden cases with these sanitizers"
    "tsan|threads, loaders and networks with ThreadSanitizer"
    "plain|kernels, layers, networks and golden cases without SIMD, compiled by g++ -O2"
    "avx2|kernels and layers with AVX2 and FMA"
    "sse2|kernels and layers with SSE2"
    "avx512bw|kernels and layers with AVX-512 without VBMI2"
    "aarch64|kernels and layers with NEON, in the emulator qemu"
    "serial|kernels, layers and networks without OpenMP"
    "debug|all tests with the assertions of Eigen, xsimd and the standard library"
    "eigen5|Eigen 5.0.1"
    "xsimd13|xsimd 13"
    "xsimd14|xsimd 14.1.0"
    "catch3|Catch2 3.7.1"
    "fetched|every dependency downloaded by CMake, with its hash checked"
    "g++-13|kernels, layers, networks and readers, compiled by g++ 13"
    "g++-14|kernels, layers, networks and readers, compiled by g++ 14"
    "clang-15|kernels, layers, networks and readers, compiled by clang++ 15"
    "clang-16|kernels, layers, networks and readers, compiled by clang++ 16"
    "clang-19|kernels, layers, networks and readers, compiled by clang++ 19"
    "coverage|which lines of include/ no test runs: build/thorough/coverage.txt"
    "programs|every network of the examples, every benchmark, a short run of each program, and 50 runs that are killed"
    "fuzz|five minutes of new inputs for each reader of files"
)

# skip REASON: ends the stage. The reason is the last line of its log.
skip() {
    echo "$*"
    exit "$skipped"
}

# build_and_test "ROOMS" CMAKE_OPTION..: builds the tests of these rooms in build/thorough/STAGE and runs them.
build_and_test() {
    local rooms=${STAA_ROOMS:-$1} room targets=()
    shift
    for room in $rooms; do
        targets+=("staa_tests_$room")
    done
    cmake -S . -B "$out/$stage" -D CMAKE_BUILD_TYPE=Release -D "CMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" \
        -D STAA_BUILD_EXAMPLES=OFF -D STAA_BUILD_BENCHMARKS=OFF "-DSTAA_TEST_ROOMS=${rooms// /;}" "$@" &&
        cmake --build "$out/$stage" --target "${targets[@]}" --parallel "$(cores)" &&
        ctest --test-dir "$out/$stage" --output-on-failure --parallel "$(cores)" --no-tests=error \
            --tests-regex "^(${rooms// /|})/"
}

# needs_cpu FLAG..: skips the stage where /proc/cpuinfo lacks one.
needs_cpu() {
    local flag
    for flag in "$@"; do
        grep -qw "$flag" /proc/cpuinfo || skip "this machine's processor has no $flag"
    done
}

# fetch NAME URL SHA256: unpacks an archive to build/thorough/sources/NAME. Fails where it cannot be downloaded.
fetch() {
    local archive=$out/sources/$1.${2##*/} sources=$out/sources/$1
    mkdir -p "$sources"
    if [[ ! -f $archive ]]; then
        curl --fail --location --silent --show-error --max-time 300 --output "$archive.part" "$2" || return 1
        mv "$archive.part" "$archive"
    fi
    echo "$3  $archive" | sha256sum --check --quiet && tar --extract --file "$archive" --strip-components 1 -C "$sources"
}

# xsimd_of_wheel VERSION: the headers of xsimd that the wheel pythran==VERSION contains, as xsimd's own folder has them.
xsimd_of_wheel() {
    local wheel_dir=$out/sources/pythran-$1 sources=$out/sources/$stage
    mkdir -p "$wheel_dir" "$sources/include"
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$wheel_dir" "pythran==$1" &&
        python3 -m zipfile -e "$wheel_dir"/pythran-*.whl "$wheel_dir" &&
        cp -R "$wheel_dir/pythran/xsimd" "$sources/include/"
}

# other_headers CMAKE_NAME ROOMS CMAKE_OPTION..: builds and tests with the sources of build/thorough/sources/STAGE.
other_headers() {
    local name=$1 rooms=$2
    shift 2
    build_and_test "$rooms" -D "CMAKE_DISABLE_FIND_PACKAGE_$name=ON" \
        -D "FETCHCONTENT_SOURCE_DIR_${name^^}=$PWD/$out/sources/$stage" "$@"
}

sanitized() {
    build_and_test "$1" -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_COMPILER=clang++ -D STAA_WERROR=ON \
        -D "CMAKE_CXX_FLAGS=-O0 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
}

# with_instructions FLAGS: the rooms whose code depends on the instruction set.
with_instructions() {
    build_and_test "core kernels layers" -D CMAKE_CXX_COMPILER=g++ -D STAA_NATIVE=OFF -D "CMAKE_CXX_FLAGS=$1"
}

# A compiler of this name, installed if the system's packages have it. Its OpenMP library is not installed: those of two
# versions of clang exclude each other on Debian.
run_other_compiler() {
    ensure_packages "$1"
    local program=${1/clang/clang++}
    command -v "$program" >/dev/null || skip "$program is not installed, and the system's packages do not have it"
    build_and_test "core kernels layers networks fusion data io" -D "CMAKE_CXX_COMPILER=$program"
}

run_clang() {
    build_and_test "$all_rooms" -D CMAKE_CXX_COMPILER=clang++ -D "CMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" -D STAA_WERROR=ON
}
run_asan() { sanitized "${all_rooms/ golden/}"; }
run_asan_golden() { sanitized golden; }
run_tsan() {
    # The OpenMP library is not instrumented: without this option ThreadSanitizer reports its synchronisation as races.
    export TSAN_OPTIONS=ignore_noninstrumented_modules=1
    build_and_test "core networks data" -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_COMPILER=clang++ \
        -D "CMAKE_CXX_FLAGS=-O1 -g1 -fsanitize=thread"
}
run_plain() {
    build_and_test "core kernels layers networks fusion golden" -D CMAKE_CXX_COMPILER=g++ -D CMAKE_CXX_FLAGS=-DSTAA_PLAIN \
        -D STAA_WERROR=ON
}
run_avx2() {
    needs_cpu avx2 fma
    with_instructions -march=x86-64-v3
}
run_sse2() {
    needs_cpu sse2
    with_instructions -march=x86-64
}
run_avx512bw() {
    needs_cpu avx512f avx512cd avx512bw avx512dq avx512vl
    with_instructions -march=x86-64-v4
}
# Compiles each test with g++ for ARM, and runs it in qemu. CMake is not asked: it would find the libraries of this machine.
run_aarch64() {
    local room test name rooms=${STAA_ROOMS:-kernels layers} headers=$out/$stage/headers failed_tests=() flags
    ensure_packages g++-aarch64-linux-gnu qemu-user
    command -v aarch64-linux-gnu-g++ qemu-aarch64 >/dev/null || skip "g++-aarch64-linux-gnu or qemu-user is not installed"
    mkdir -p "$headers"
    ln -sfn /usr/include/catch2 /usr/include/xsimd /usr/include/nlohmann "$headers"
    flags=(-std=c++20 -O1 -fopenmp -DNDEBUG -Wno-psabi "-DSTAA_TEST_DATA_DIR=\"$PWD/tests\"" -I include -I tests
        -isystem "$headers" -isystem /usr/include/eigen3)
    echo "#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>" >"$out/$stage/main.cpp"
    aarch64-linux-gnu-g++ "${flags[@]}" -c "$out/$stage/main.cpp" -o "$out/$stage/main.o" || return 1
    for room in $rooms; do
        for test in tests/"$room"/*_test.cpp; do
            name=$out/$stage/$room-$(basename "$test" .cpp)
            echo "-- $test"
            aarch64-linux-gnu-g++ "${flags[@]}" "$test" "$out/$stage/main.o" -o "$name" &&
                OMP_NUM_THREADS=2 qemu-aarch64 -L /usr/aarch64-linux-gnu "$name" || failed_tests+=("$test")
        done
    done
    echo "failed: ${failed_tests[*]:-none}"
    ((${#failed_tests[@]} == 0))
}
run_coverage() {
    ensure_packages gcovr
    command -v gcovr >/dev/null || skip "gcovr is not installed"
    # Lines of inline functions are counted once, in whatever file they are compiled.
    build_and_test "${all_rooms% golden documents}" -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_COMPILER=g++ \
        -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON -D "CMAKE_CXX_FLAGS=-O0 --coverage" || return 1
    gcovr --root . --filter include/ --exclude-unreachable-branches --gcov-ignore-parse-errors --txt "$out/coverage.txt" \
        "$out/$stage" || return 1
    cat "$out/coverage.txt"
}
run_serial() {
    build_and_test "core kernels layers networks fusion" -D CMAKE_CXX_COMPILER=g++ -D STAA_OPENMP=OFF -D STAA_WERROR=ON
}
run_debug() {
    build_and_test "$all_rooms" -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_COMPILER=g++ \
        -D "CMAKE_CXX_FLAGS=-O1 -D_GLIBCXX_ASSERTIONS"
}
run_eigen5() {
    fetch eigen5 https://gitlab.com/libeigen/eigen/-/archive/5.0.1/eigen-5.0.1.tar.gz \
        e9c326dc8c05cd1e044c71f30f1b2e34a6161a3b6ecf445d56b53ff1669e3dec ||
        skip "the archive of Eigen 5.0.1 cannot be downloaded here"
    other_headers Eigen3 "core layers networks training io golden"
}
run_xsimd13() {
    fetch xsimd13 https://github.com/xtensor-stack/xsimd/archive/refs/tags/13.2.0.tar.gz \
        edd8cd3d548c185adc70321c53c36df41abe64c1fe2c67bc6d93c3ecda82447a ||
        xsimd_of_wheel 0.18.1 || skip "neither the archive of xsimd 13.2.0 nor a wheel with 13.0.0 can be downloaded here"
    other_headers xsimd "core kernels layers"
}
run_xsimd14() {
    fetch xsimd14 https://github.com/xtensor-stack/xsimd/archive/refs/tags/14.1.0.tar.gz \
        8da77b66214e73565f6111ba494322c853552b7b40cff69779b42e2100eed16f ||
        xsimd_of_wheel 0.19.0 || skip "neither the archive of xsimd 14.1.0 nor a wheel with it can be downloaded here"
    other_headers xsimd "core kernels layers"
}
run_catch3() {
    fetch catch3 https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz \
        c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c ||
        skip "the archive of Catch2 3.7.1 cannot be downloaded here"
    other_headers Catch2 "$all_rooms"
}
run_fetched() {
    fetch fetched https://github.com/xtensor-stack/xsimd/archive/refs/tags/13.2.0.tar.gz \
        edd8cd3d548c185adc70321c53c36df41abe64c1fe2c67bc6d93c3ecda82447a ||
        skip "the archives of the dependencies cannot be downloaded here"
    local name options=(-D STAA_BUILD_BENCHMARKS=ON -D STAA_BUILD_EXAMPLES=ON)
    for name in Eigen3 xsimd Catch2 nlohmann_json CLI11 benchmark; do
        options+=(-D "CMAKE_DISABLE_FIND_PACKAGE_$name=ON")
    done
    build_and_test "core training" "${options[@]}" -D CMAKE_IGNORE_PATH=/usr/include/stb &&
        cmake --build "$out/$stage" --target show_data --parallel "$(cores)"
}
run_programs() {
    cmake -S . -B "$out/$stage" -D CMAKE_BUILD_TYPE=Release -D STAA_BUILD_TESTS=OFF -D STAA_WERROR=ON &&
        cmake --build "$out/$stage" --parallel "$(cores)" &&
        "$out/$stage/examples/train_cifar" --data synthetic --width 16 --steps 2 --epochs 1 --overwrite --out "$out/$stage/run" &&
        bash tests/kill_and_resume.sh "$out/$stage/examples/train_nmnist" 50 &&
        "$out/$stage/examples/show_data" --out "$out/$stage/pictures" &&
        "$out/$stage/bench/staa_bench" --benchmark_min_time=0.001
}
run_fuzz() { bash tests/fuzz/run.sh 300; }

# run_stage NAME: in a subshell that `skip` can leave.
run_stage() (
    stage=$1
    case $stage in
        g++-* | clang-*) run_other_compiler "$stage" ;;
        *) "run_${stage//-/_}" ;;
    esac
)

names=()
for line in "${stages[@]}"; do
    names+=("${line%%|*}")
done
if [[ ${1:-} == --list ]]; then
    for line in "${stages[@]}"; do
        printf '%-12s %s\n' "${line%%|*}" "${line#*|}"
    done
    exit 0
fi
chosen=("${@:-${names[@]}}")
for stage in "${chosen[@]}"; do
    if [[ ! " ${names[*]} " == *" $stage "* ]]; then
        echo "There is no stage $stage. bash tests/thorough.sh --list names them all." >&2
        exit 2
    fi
done

mkdir -p "$out"
ensure_packages "${staa_packages[@]}" clang libomp-dev libclang-rt-dev curl
table=()
failed=0
for stage in "${chosen[@]}"; do
    start=$SECONDS result=0 reason=""
    printf '\n==== %s\n' "$stage"
    run_stage "$stage" 2>&1 | tee "$out/$stage.log" || result=${PIPESTATUS[0]}
    case $result in
        0) verdict=passed reason=$(grep -E '% tests passed' "$out/$stage.log" | tail -n 1 || true) ;;
        "$skipped") verdict=skipped reason=$(tail -n 1 "$out/$stage.log") ;;
        *) verdict=FAILED reason="see $out/$stage.log" failed=1 ;;
    esac
    table+=("$(printf '%-12s %6d s  %-8s %s' "$stage" $((SECONDS - start)) "$verdict" "$reason")")
done

printf '\n==== %d s in total\n' "$SECONDS"
printf '%s\n' "${table[@]}"
exit "$failed"
