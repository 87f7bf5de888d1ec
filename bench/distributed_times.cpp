// SPDX-License-Identifier: MIT
// Times the parts of a training step that several processes make together, and prints one line of JSON. distributed_cost.py
// reads the lines of several runs and fits a cost model to them.
//
//     mpirun -n 2 staa_distributed_times --rounds 20
#include <staa/staa.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "staa/distributed/mpi.hpp"

namespace {

using staa::Index;

using Net = staa::Vgg6<64, 10, staa::Lif<>>;
constexpr int norms = 5, norm_channels = 192;  // of this network; the channels are those of its widest norm

struct Request {
    Index batch = 16, steps = 2, rounds = 20, bucket_kib = 1024;
};

/// Fills in the request. Gives the exit code if the program has nothing left to do, for example after --help.
std::optional<int> read_request(int argc, const char* const* argv, Request& request) {
    CLI::App app("Times training steps of several processes. Start it with mpirun.");
    app.add_option("--batch", request.batch, "images per process")->check(CLI::Range(1, 4096))->capture_default_str();
    app.add_option("--steps", request.steps, "time steps T")->check(CLI::Range(1, 64))->capture_default_str();
    app.add_option("--rounds", request.rounds, "times that everything is measured")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    app.add_option("--bucket", request.bucket_kib, "KiB of gradients that leave together")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    return std::nullopt;
}

/// What a process trains, with noise for images.
class Training {
 public:
    explicit Training(const Request& request, int rank)
        : net_({.steps = request.steps}),
          sgd_({.learning_rate = 0.01, .momentum = 0.9}),
          images_(request.batch, 32, 32, 3),
          labels_(request.batch) {
        staa::Random random(static_cast<std::uint64_t>(rank));
        for (Index i = 0; i < images_.size(); ++i) {
            images_.data()[i] = static_cast<float>(random.normal());
        }
        for (Index n = 0; n < labels_.size(); ++n) {
            labels_(n) = static_cast<int>(n % Net::classes);
        }
    }

    /// One step. A null group: this process for itself.
    void step(staa::ProcessGroup* group) {
        tape_.group = group;
        tape_.share = group == nullptr
                          ? staa::BatchShare{}
                          : staa::BatchShare{group->rank() * labels_.size(), group->size() * labels_.size()};
        const auto logits = net_.forward(images_, tape_);
        auto gradient = staa::cross_entropy(logits, labels_).gradient;
        if (group != nullptr) {
            gradient = (gradient / static_cast<float>(group->size())).eval();
            staa::begin_gradients(net_, *group);
        }
        net_.backward(gradient, tape_);
        if (group != nullptr) {
            group->finish_gradients();
        }
        sgd_.step(net_);
    }

    /// The sum of all gradients over the processes, with nothing beside it.
    void exchange(staa::ProcessGroup& group) {
        staa::begin_gradients(net_, group);
        group.finish_gradients();
        net_.zero_gradients();
    }

 private:
    Net net_;
    staa::Sgd<Net> sgd_;
    staa::Tape<Net> tape_;
    Net::Images images_;
    staa::Labels labels_;
};

/// The times of each measurement, in seconds.
using Times = std::map<std::string, std::vector<double>>;

Times measure(const Request& request) {
    staa::MpiGroup local({.bucket_bytes = request.bucket_kib * 1024});
    staa::MpiGroup shared({.shares_statistics = true, .bucket_bytes = request.bucket_kib * 1024});
    Training training(request, local.rank());
    Times times;
    const auto time = [&](const char* name, int repeats, const auto& work) {
        double together = 0;
        local.sum(&together, 1);  // all processes begin at about the same time
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < repeats; ++i) {
            work();
        }
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        times[name].push_back(passed.count() / repeats);
    };
    std::vector<double> sums(2 * norm_channels + 1);
    for (Index round = 0; round < request.rounds + 3; ++round) {
        if (round == 3) {
            times.clear();  // the memory of the first steps is new
        }
        time("compute", 1, [&] { training.step(nullptr); });
        time("step", 1, [&] { training.step(&local); });
        time("step with shared statistics", 1, [&] { training.step(&shared); });
        time("exchange", 1, [&] { training.exchange(local); });
        time("sum", 20, [&] { local.sum(sums.data(), static_cast<std::ptrdiff_t>(sums.size())); });
    }
    return times;
}

double middle(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

void print(const Request& request, const Times& times) {
    int ranks = 1;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const auto parameters = static_cast<Index>(Net::parameter_count(request.steps));
    nlohmann::json line = {{"ranks", ranks},
                           {"batch", request.batch},
                           {"gradient_bytes", parameters * static_cast<Index>(sizeof(float))},
                           {"bucket_bytes", request.bucket_kib * 1024},
                           {"norms", norms},
                           {"sum_bytes", (2 * norm_channels + 1) * 8}};
    for (const auto& [name, values] : times) {
        line["fastest"][name] = *std::min_element(values.begin(), values.end());
        line["median"][name] = middle(values);
    }
    std::puts(line.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Request request;
        if (const std::optional<int> code = read_request(argc, argv, request)) {
            return *code;
        }
        const staa::MpiSession session(argc, argv);
        const Times times = measure(request);
        int rank = 0;
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        if (rank == 0) {
            print(request, times);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "staa_distributed_times: %s\n", error.what());
        return 1;
    }
    return 0;
}
