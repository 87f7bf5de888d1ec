// SPDX-License-Identifier: MIT
// A job whose last process finds an error, or dies, in the second step. The others must not wait for it for ever.
#include <staa/staa.hpp>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "staa/distributed/mpi.hpp"

int main(int argc, char** argv) {
    try {
        const staa::MpiSession session(argc, argv);
        staa::MpiGroup group;
        double sum = 1;
        group.sum(&sum, 1);
        if (group.rank() + 1 == group.size()) {
            if (argc > 1 && std::strcmp(argv[1], "killed") == 0) {
                std::raise(SIGKILL);
            }
            staa::fail("a bad image");
        }
        group.sum(&sum, 1);
        std::puts("the other processes went on");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
    return 0;
}
