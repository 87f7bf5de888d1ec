// SPDX-License-Identifier: MIT
#include "staa/analysis/energy.hpp"

#include <fstream>

#include "analysis/small_networks.hpp"
#include "staa/analysis/measured_energy.hpp"
#include "staa/networks/resnet.hpp"
#include "support/catch.hpp"
#include "support/parity.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// The network of operations.safetensors: plain LIF, without batch norm.
using PlainLif = Network<Frames<2, 7, 7, double>, Conv2d<6>, Lif<>, Conv2d<8, 3, 2>, Lif<>, Conv2d<8, 1>, Lif<>,
                         Conv2d<5>, Lif<>, GlobalAvgPool, Linear<3>>;

}  // namespace

TEST_CASE("the energy of ResNet-20 on CIFAR-100 at a firing rate of 12.4 % is that of the paper") {
    const EnergyLedger ledger = energy_at_rate<ResNet20<64, 100>>(4, 0.124);
    CHECK_THAT(ledger.accumulates(), WithinRel(0.10e9, 0.03));
    CHECK_THAT(ledger.multiply_accumulates(), WithinRel(0.06e9, 0.04));  // 0.058 G: the paper rounds to 0.06
    CHECK_THAT(ledger.millijoules(), WithinRel(0.366, 0.03));
    CHECK_THAT(ledger.multiply_accumulates() + ledger.accumulates() / 0.124, WithinRel(0.87e9, 0.03));
    CHECK_THAT(ledger.mean_rate(), WithinRel(0.124, 1e-9));
}

TEST_CASE("synaptic operations and multiply-accumulates are those that SpikingJelly counts in a plain LIF network") {
    const GoldenCase c = read_golden(std::filesystem::path(STAA_TEST_DATA_DIR) / "analysis/operations.safetensors");
    PlainLif net{{.steps = 3}};
    net.visit([&](const ParameterName& name, auto& tensor) {
        const GoldenTensor& from = c.at("param." + name.text);
        for_each_parameter_value(name.layout, from.shape, [&](Index i, Index j) {
            tensor.data()[j] = from.values[static_cast<std::size_t>(i)];
        });
    });
    PlainLif::Images frames(3, 2, 7, 7, 2);
    for_each_map_value(c.at("input.x").shape, [&](Index i, Index j) {
        frames.data()[j] = c.at("input.x").values[static_cast<std::size_t>(i)];
    });
    Observation<PlainLif> seen(net);
    seen.forward(frames);
    const EnergyLedger ledger = energy(seen);
    std::vector<double> synops, macs;
    for (const LayerEnergy& layer : ledger.layers) {
        if (layer.operations.total() > 0) {
            double sum = 0;
            for (const double at_step : layer.synaptic_operations) {
                sum += at_step;
            }
            synops.push_back(2 * sum);  // two images
            macs.push_back(static_cast<double>(2 * 3 * layer.operations.multiply_accumulates));
        }
    }
    CHECK(synops == c.at("synops").values);
    CHECK(macs == c.at("macs").values);
}

TEST_CASE("accumulates are the operations of a layer times the measured rate of its input") {
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    Observation<SmallStaa> seen(net);
    seen.forward(random_images<SmallStaa>(3, 2));
    const EnergyLedger ledger = energy(seen);
    std::size_t i = 0;
    int layers = 0;
    seen.for_each_layer([&](const auto& layer) {
        using Layer = typename std::remove_cvref_t<decltype(layer)>::Type;
        if constexpr (Layer::Input::is_spikes) {
            double rate = 0;
            for (const double at_step : ledger.layers[i].rates) {
                rate += at_step / 3;
            }
            CHECK_THAT(rate, WithinAbs(layer.input.firing_rate(), 1e-12));
            ++layers;
        }
        ++i;
    });
    CHECK(layers == 6);
    CHECK(ledger.mean_rate() > 0);
    CHECK(ledger.mean_rate() < 1);
}

TEST_CASE("a ledger of two batches is that of both together") {
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    Observation<SmallStaa> seen(net);
    const auto both = random_images<SmallStaa>(3, 3);
    seen.forward(both);
    const EnergyLedger expected = energy(seen);
    using Offsets = Eigen::array<Index, 5>;
    SmallStaa::Images first = both.slice(Offsets{0, 0, 0, 0, 0}, Offsets{3, 1, 8, 8, 2});
    SmallStaa::Images second = both.slice(Offsets{0, 1, 0, 0, 0}, Offsets{3, 2, 8, 8, 2});
    seen.forward(first);
    EnergyLedger ledger = energy(seen);
    seen.forward(second);
    ledger.add(energy(seen));
    CHECK(ledger.images == 3);
    CHECK_THAT(ledger.accumulates(), WithinRel(expected.accumulates(), 1e-9));
    CHECK_THAT(ledger.millijoules(), WithinRel(expected.millijoules(), 1e-9));
    CHECK_THROWS_AS(ledger.add(energy_at_rate<SmallStaa>(2, 0.1)), Error);
}

TEST_CASE("other constants give another energy, with their source") {
    const EnergyLedger ledger = energy_at_rate<SmallLif>(3, 0.2);
    const EnergyLedger loihi = energy_at_rate<SmallLif>(3, 0.2, EnergyConstants::loihi());
    double updates = 0;
    for (const LayerEnergy& layer : loihi.layers) {
        updates += 3.0 * static_cast<double>(layer.neurons);
    }
    CHECK(updates == 3 * (3 * 8 * 64 + 2 * 12 * 16));
    CHECK_THAT(loihi.picojoules() - ledger.picojoules(),
               WithinRel((23.6 - 0.9) * ledger.accumulates() + 81 * updates, 1e-9));
    CHECK_THAT(loihi.text(), contains_text("Davies"));
    CHECK_THAT(ledger.markdown(), contains_text("Horowitz"));
}

TEST_CASE("the network as an artificial one multiplies once for every operation, without attention") {
    const EnergyLedger staa = energy_at_rate<SmallStaa>(3, 0.2);
    const EnergyLedger lif = energy_at_rate<SmallLif>(3, 0.2);
    CHECK(staa.ann_multiply_accumulates() == lif.ann_multiply_accumulates());
    CHECK(lif.ann_multiply_accumulates() == static_cast<double>(SmallLif::operations(1).total()));
}

TEST_CASE("a rate and steps out of their range are errors") {
    CHECK_THROWS_AS(energy_at_rate<SmallLif>(3, 1.5), Error);
    CHECK_THROWS_AS(energy_at_rate<SmallLif>(3, -0.1), Error);
    CHECK_THROWS_AS(energy_at_rate<SmallLif>(0, 0.1), Error);
}

TEST_CASE("measured energy is the sum of the packages' counters, also if one began again") {
    const TemporaryFolder folder;
    const auto write = [&](const std::string& name, const std::string& file, const std::string& value) {
        std::filesystem::create_directories(folder / "powercap" / name);
        std::ofstream(folder / "powercap" / name / file) << value << '\n';
    };
    write("intel-rapl:0", "energy_uj", "1000000");
    write("intel-rapl:0", "max_energy_range_uj", "5000000");
    write("intel-rapl:1", "energy_uj", "4000000");
    write("intel-rapl:1", "max_energy_range_uj", "5000000");
    write("intel-rapl:0:0", "energy_uj", "7");  // the cores of package 0, which it holds already
    MeasuredEnergy meter(folder / "powercap");
    write("intel-rapl:0", "energy_uj", "1500000");
    write("intel-rapl:1", "energy_uj", "500000");
    const auto joules = meter.joules();
    REQUIRE(joules.has_value());
    CHECK_THAT(*joules, WithinRel(0.5 + 1.5, 1e-9));
    write("intel-rapl:0", "energy_uj", "2500000");
    CHECK_THAT(*meter.joules(), WithinRel(3.0, 1e-9));
}

TEST_CASE("measured energy is absent where the machine does not tell it") {
    const TemporaryFolder folder;
    std::filesystem::create_directories(folder / "powercap");
    CHECK_FALSE(MeasuredEnergy(folder / "powercap").joules().has_value());
    CHECK_FALSE(MeasuredEnergy(folder / "nothing").joules().has_value());
}
