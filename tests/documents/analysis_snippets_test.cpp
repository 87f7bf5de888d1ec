// SPDX-License-Identifier: MIT
// The blocks of docs/analysis.md.
#include <cstdio>
#include <string>
#include <vector>

#include "analysis/small_networks.hpp"
#include "staa/analysis/energy.hpp"
#include "staa/analysis/grad_cam.hpp"
#include "staa/analysis/json.hpp"
#include "staa/analysis/monitors.hpp"
#include "staa/analysis/norms.hpp"
#include "staa/training/optimizer.hpp"
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

TEST_CASE("docs/analysis.md: monitors") {
    const Net net{{.steps = 3}};
    const std::vector batches{staa_tests::random_images<Net>(3, 2), staa_tests::random_images<Net>(3, 2, 2)};
    // [monitors]
    Observation<Net> seen(net);
    ActivityMonitor monitor;
    for (const auto& images : batches) {
        seen.forward(images);
        monitor.look(seen);
    }
    for (const NeuronActivity& layer : monitor.layers()) {
        std::printf("%s: %.1f %% fire, %.1f %% never do, %.1f %% are in the surrogate's window\n", layer.name.c_str(),
                    100 * layer.rate(), 100 * layer.silent, 100 * layer.window_share);
    }
    // [/monitors]
    CHECK(monitor.layers().size() == 5);
}

TEST_CASE("docs/analysis.md: norms") {
    Net net{{.steps = 3}};
    Tape<Net> tape;
    Sgd<Net> sgd{{}};
    const auto train_one_step = [&] {
        net.backward(net.forward(staa_tests::random_images<Net>(3, 2), tape), tape);
        sgd.step(net);
    };
    // [norms]
    UpdateWatch<Net> watch(net);
    train_one_step();
    for (const ParameterNorms& tensor : watch.look(net)) {
        std::printf("%s moved by %.2g of its length\n", tensor.name.c_str(), tensor.update / tensor.weight);
    }
    // [/norms]
    CHECK(watch.look(net).front().update == 0);
}

TEST_CASE("docs/analysis.md: Grad-CAM") {
    const Net net{{.steps = 3}};
    const auto images = staa_tests::random_images<Net>(3, 2);
    Labels classes(2);
    classes.setValues({0, 2});
    // [grad_cam]
    Observation<Net> seen(net);
    seen.forward(images);
    seen.backward(class_gradient<Net>(classes));            // one class per image
    StepMaps looks = grad_cam(seen, "3.2");                 // of a layer's output: [T, N, H, W]
    StepMaps spikes = spike_maps(seen, "3.2");              // the share of the channels that fire
    auto picture = enlarged(mean_over_steps(looks), 8, 8);  // [N, 8, 8]: of the size of the image
    // [/grad_cam]
    CHECK(picture.size() == 2 * 8 * 8);
    CHECK(spikes.size() == 3 * 2 * 4 * 4);
}
