// SPDX-License-Identifier: MIT
#include "staa/analysis/summary.hpp"

#include <numeric>
#include <sstream>
#include <string>

#include "analysis/small_networks.hpp"
#include "staa/analysis/json.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

const LayerSummary& layer_named(const NetworkSummary& summary, const std::string& name) {
    for (const LayerSummary& layer : summary.layers) {
        if (layer.name == name) {
            return layer;
        }
    }
    FAIL("no layer " << name);
    return summary.layers[0];
}

}  // namespace

TEST_CASE("a summary has every layer, and its totals are those of the network") {
    const SmallStaa net{{.steps = 3}};
    const NetworkSummary s = summary(net);
    Index parameters = 0;
    Operations operations{};
    for (const LayerSummary& layer : s.layers) {
        parameters += layer.parameters;
        operations = operations + layer.operations;
    }
    CHECK(s.layers.size() == SmallStaa::Chain::names.size());
    CHECK(parameters == net.parameter_count());
    CHECK(s.parameters == net.parameter_count());
    CHECK(3 * operations.multiply_accumulates == s.operations.multiply_accumulates);
    CHECK(3 * operations.accumulates == SmallStaa::operations(3).accumulates);
}

TEST_CASE("a summary says what a layer is, what its map is and what it costs") {
    const NetworkSummary s = summary(SmallStaa{{.steps = 3}});
    const LayerSummary& conv = layer_named(s, "3.0");
    CHECK(conv.kind == "convolution");
    CHECK(conv.details == "3 x 3, stride 2");
    CHECK((conv.channels == 12 && conv.height == 4 && conv.width == 4));
    CHECK_FALSE(conv.is_spikes);
    CHECK(conv.parameters == 3 * 3 * 8 * 12);
    CHECK(conv.operations.accumulates == 3 * 3 * 8 * 12 * 16);
    CHECK(conv.operations.multiply_accumulates == 0);
    CHECK(conv.kernel == "by rate");
    CHECK(layer_named(s, "2").details == "STAA-LIF: global context, position encoding, step attention");
    CHECK(layer_named(s, "2").is_spikes);
    CHECK(layer_named(s, "stem.2").details == "LIF");
    CHECK(layer_named(summary(SmallLif{{.steps = 3}}), "stem.0").is_constant);
}

TEST_CASE("a summary says which layers run as one, as the plan does") {
    const NetworkSummary s = summary(SmallStaa{{.steps = 3}});
    CHECK(layer_named(s, "stem.0").block == 1);
    CHECK(layer_named(s, "stem.2").block == 1);
    CHECK(layer_named(s, "1.0").block == 2);
    CHECK(layer_named(s, "1.2").block == 2);
    CHECK(layer_named(s, "1.4").block == 3);
    CHECK(layer_named(s, "2").block == 4);
    CHECK(layer_named(s, "2").adds_paths);
    CHECK(layer_named(s, "3.shortcut.0").block == 7);
    CHECK(layer_named(s, "3.shortcut.1").block == 8);
    CHECK(layer_named(s, "3.shortcut.2").block == 8);
    CHECK(s.plan == plan<SmallStaa>());
}

TEST_CASE("a summary with a tape names the kernels that ran") {
    const SmallStaa net{{.steps = 3, .convolution = ConvolutionChoice::dense}};
    CHECK(layer_named(summary(net), "1.0").kernel == "dense");
    const SmallStaa by_rate{{.steps = 3}};
    Tape<SmallStaa> tape;
    by_rate.forward(random_images<SmallStaa>(3, 2), tape);
    CHECK(layer_named(summary(by_rate, tape), "1.0").kernel == "tables");
    CHECK(layer_named(summary(by_rate, tape), "1.1").kernel.empty());
}

TEST_CASE("the text of a summary has aligned columns") {
    std::istringstream lines(summary(SmallStaa{{.steps = 3}}).text());
    std::string head, row;
    std::getline(lines, head);
    const std::size_t output = head.find("output");
    REQUIRE(output != std::string::npos);
    for (std::size_t i = 0; i < SmallStaa::Chain::names.size(); ++i) {
        std::getline(lines, row);
        CHECK(row.substr(output - 2, 2) == "  ");
        CHECK(row[output] != ' ');
    }
}

TEST_CASE("Markdown and JSON of a summary hold the same numbers") {
    const NetworkSummary s = summary(SmallStaa{{.steps = 3}});
    CHECK_THAT(s.markdown(), contains_text("| stem.0 | convolution, 3 x 3 | 8 x 8 x 8 analog | 144 | 9,216 | 0 |"));
    const auto json = to_json(s);
    CHECK(json["layers"].size() == s.layers.size());
    CHECK(json["layers"][0]["multiply_accumulates"] == 9216);
    CHECK(json["parameters"] == s.parameters);
}

TEST_CASE("numbers have a comma after each thousand") {
    CHECK(with_commas(0) == "0");
    CHECK(with_commas(999) == "999");
    CHECK(with_commas(1000) == "1,000");
    CHECK(with_commas(12720000) == "12,720,000");
    CHECK(with_commas(-1234) == "-1,234");
}

TEST_CASE("a table refuses rows of another length") {
    Table table({"a", "b"}, {false, true});
    CHECK_THROWS_AS(table.add({"1"}), Error);
    CHECK_THROWS_AS(Table({"a"}, {}), Error);
    table.add({"x|y", "7"});
    CHECK(table.markdown() == "| a | b |\n|---|---:|\n| x\\|y | 7 |\n");
}
