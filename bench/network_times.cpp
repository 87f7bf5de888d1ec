// SPDX-License-Identifier: MIT
// Times one network with weights and images from files, and prints one line of JSON. compare_pytorch.py writes those
// files and reads the line.
//
//     staa_network_times --network resnet20_staa_t4 --measure training --weights W.safetensors --batch B.safetensors
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "network_times/measurement.hpp"
#include "staa/core/error.hpp"

namespace {

using namespace network_times;

/// Fills in the request. Gives the exit code if the program has nothing left to do, for example after --help.
std::optional<int> read_request(int argc, const char* const* argv, Request& request) {
    CLI::App app("Times inference or training steps of one network, T = 4, and prints one line of JSON.");
    std::vector<std::string> names;
    for (const BuiltNetwork& network : built_networks()) {
        names.push_back(network.name);
    }
    app.add_option("--network", request.network, "name of the network")->required()->check(CLI::IsMember(names));
    app.add_option("--measure", request.measure, "inference or training")
        ->required()
        ->check(CLI::IsMember({"inference", "training"}));
    app.add_option("--weights", request.weights, "safetensors file of the trained network")->required();
    app.add_option("--batch", request.batch, "safetensors file with images [N, 3, 32, 32] and labels [N]")->required();
    app.add_option("--threads", request.threads, "number of threads")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    app.add_option("--repeats", request.repeats, "number of measurements")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    app.add_option("--seconds", request.seconds, "shortest time of a measurement, which repeats the pass")
        ->check(CLI::Range(0.0, 3600.0))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    return std::nullopt;
}

void print(const Request& request, const Measurement& found) {
    const double seconds = median(found.seconds);
    const nlohmann::json line = {
        {"case", request.network},
        {"measure", request.measure},
        {"threads", staa::threads()},
        {"images", found.images},
        {"seconds", found.seconds},
        {"median_seconds", seconds},
        {"minimum_seconds", *std::min_element(found.seconds.begin(), found.seconds.end())},
        {"images_per_s", static_cast<double>(found.images) / seconds},
        {"resident_before_mib", found.resident_before_mib},
        {"resident_peak_mib", found.resident_peak_mib},
        {"firing_rates", found.firing_rates},
        {"logits", found.logits},
    };
    std::puts(line.dump().c_str());
}

int run(int argc, const char* const* argv) {
    Request request;
    if (const auto exit_code = read_request(argc, argv, request)) {
        return *exit_code;
    }
    staa::set_threads(request.threads);
    for (const BuiltNetwork& network : built_networks()) {
        if (network.name == request.network) {
            print(request, network.measure(request));
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "staa_network_times: %s\n", error.what());
        return 1;
    }
}
