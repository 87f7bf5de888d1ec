// SPDX-License-Identifier: MIT
// The blocks of docs/analysis.md.
#include <cstdio>
#include <string>

#include "analysis/small_networks.hpp"
#include "staa/analysis/energy.hpp"
#include "staa/analysis/json.hpp"
#include "staa/analysis/observation.hpp"
#include "support/catch.hpp"

using namespace staa;

namespace {

using Net = staa_tests::SmallStaa;

}  // namespace

TEST_CASE("docs/analysis.md: a summary") {
    const Net net{{.steps = 3}};
    // [summary]
    NetworkSummary layers = summary(net);        // or summary(net, tape): with the kernels that ran
    std::fputs(layers.text().c_str(), stdout);   // aligned text
    std::string page = layers.markdown();        // Markdown
    std::string json = to_json(layers).dump(2);  // staa/analysis/json.hpp
    // [/summary]
    CHECK(page.size() > 1000);
    CHECK(json.front() == '{');
}

TEST_CASE("docs/analysis.md: an observation") {
    const Net net{{.steps = 3}};
    const auto images = staa_tests::random_images<Net>(3, 2);
    Net::Logits d_logits(2, 3);
    d_logits.setConstant(1);
    // [observation]
    Observation<Net> seen(net);          // copies the layers: the network stays as it is
    auto logits = seen.forward(images);  // of every step [T, N, classes]
    seen.backward(d_logits);             // the gradient of every layer's output
    seen.for_each_layer([](const auto& layer) {
        std::printf("%s %s: %td values\n", layer.name.c_str(), std::string(layer.kind).c_str(),
                    layer.output.extents().size());
    });
    // [/observation]
    CHECK(logits.dimension(0) == 3);
}

TEST_CASE("docs/analysis.md: energy") {
    const Net net{{.steps = 3}};
    const auto images = staa_tests::random_images<Net>(3, 2);
    const auto more_images = staa_tests::random_images<Net>(3, 2, 2);
    // [energy]
    Observation<Net> seen(net);
    seen.forward(images);
    EnergyLedger ledger = energy(seen);  // or energy(seen, EnergyConstants::loihi()), or constants of your own
    seen.forward(more_images);
    ledger.add(energy(seen));  // the mean over all images
    std::fputs(ledger.text().c_str(), stdout);
    double millijoules = energy_at_rate<Net>(4, 0.124).millijoules();  // without images, at a given firing rate
    // [/energy]
    CHECK(ledger.images == 4);
    CHECK(millijoules > 0);
}
