#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two MPI processes that are joined by TCP only, over a link of limited bandwidth, on one machine:
#
#     bash bench/over_tcp.sh RATE PROGRAM [ARGUMENT...]
#
# RATE is what `tc` takes, such as 1gbit or 100mbit, or `unlimited`. Each process runs in a network namespace of its own, and a
# pair of virtual Ethernet devices joins the two. Needs root, iproute2 and Open MPI 4. OMP_NUM_THREADS is 1 unless it is set.
set -euo pipefail

# The agent that mpirun starts in place of ssh: over_tcp.sh --in-namespace HOST COMMAND...
if [[ ${1:-} == --in-namespace ]]; then
    namespace=$2
    shift 3
    exec ip netns exec "$namespace" unshare --uts bash -c "hostname staa-other; $*"
fi

if (($# < 2)) || ((EUID != 0)); then
    echo "usage, as root: bash bench/over_tcp.sh RATE PROGRAM [ARGUMENT...]" >&2
    exit 2
fi
rate=$1
shift
here=staa-here-$$ there=staa-there-$$

remove_namespaces() {
    ip netns del "$here" 2>/dev/null || true
    ip netns del "$there" 2>/dev/null || true
}
trap remove_namespaces EXIT

# join NAMESPACE DEVICE ADDRESS: sets up one end of the link.
join() {
    ip -n "$1" address add "$3/24" dev "$2"
    ip -n "$1" link set "$2" up
    ip -n "$1" link set lo up
    if [[ $rate != unlimited ]]; then
        # The burst is what a gigabit link sends in two milliseconds: below it the timer of the kernel would set the rate.
        tc -n "$1" qdisc add dev "$2" root tbf rate "$rate" burst 256kb latency 100ms
    fi
}

ip netns add "$here"
ip netns add "$there"
ip link add staa0 netns "$here" type veth peer name staa1 netns "$there"
join "$here" staa0 10.77.0.1
join "$there" staa1 10.77.0.2

script=$(readlink -f "${BASH_SOURCE[0]}")
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
ip netns exec "$here" mpirun --allow-run-as-root --oversubscribe --bind-to none -n 2 --map-by node \
    --host 10.77.0.1:1,10.77.0.2:1 --mca plm_rsh_agent "bash $script --in-namespace $there" \
    --mca btl tcp,self --mca pml ob1 --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
    -x OMP_NUM_THREADS "$@"
