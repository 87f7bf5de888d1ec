// SPDX-License-Identifier: MIT
// Runs the tests of this folder in every process of an MPI job. A test that fails in one process fails the job.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "staa/distributed/mpi.hpp"

int main(int argc, char** argv) {
    const staa::MpiSession session(argc, argv);
    return Catch::Session().run(argc, argv);
}
