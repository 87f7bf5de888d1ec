// SPDX-License-Identifier: MIT
// Weights of another network: what the error or the report says, and what is loaded.
#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "staa/io/safetensors.hpp"
#include "support/catch.hpp"

namespace {

using staa::Index;
using staa::Layout;
using staa::Safetensors;
using staa_tests::contains_text;
using staa_tests::StartsWith;

/// A network that is only a list of tensors, so that a test can have any names and shapes. All values are `value`.
class ListOfTensors {
 public:
    using Scalar = float;
    using Shapes = std::vector<std::pair<std::string, std::vector<Index>>>;

    ListOfTensors(const Shapes& shapes, float value, const std::string& prefix = "") {
        for (const auto& [name, shape] : shapes) {
            const Layout layout = name.ends_with("pe")  ? Layout::same
                                  : shape.size() == 4   ? Layout::convolution
                                  : name == "fc.weight" ? Layout::matrix
                                                        : Layout::same;
            tensors_.emplace_back(staa::ParameterName{prefix + name, layout, shape},
                                  staa::filled(value, staa::detail::element_count(shape)));
        }
    }

    template <class Visitor>
    void visit(Visitor&& visitor) {
        for (auto& [name, tensor] : tensors_) {
            visitor(name, tensor);
        }
    }
    template <class Visitor>
    void visit(Visitor&& visitor) const {
        for (const auto& [name, tensor] : tensors_) {
            visitor(name, tensor);
        }
    }
    template <class Visitor>
    void visit_statistics(Visitor&&) const {}

    /// The first value of each tensor.
    std::vector<float> values() const {
        std::vector<float> values;
        for (const auto& [name, tensor] : tensors_) {
            values.push_back(tensor(0));
        }
        return values;
    }

 private:
    std::vector<std::pair<staa::ParameterName, staa::Tensor<float, 1>>> tensors_;
};

using Shapes = ListOfTensors::Shapes;

/// The tensors of a small network with a convolution, an encoding per step and a head.
Shapes shapes_of(Index steps, Index width, Index classes, Index channels = 3) {
    return {{"conv.weight", {width, channels, 3, 3}},
            {"norm.bias", {width}},
            {"neuron.pe", {steps, width, 1, 1}},
            {"fc.weight", {classes, width}},
            {"fc.bias", {classes}}};
}

Safetensors file_of(const ListOfTensors& net) {
    auto bytes = std::make_unique<std::stringstream>();
    staa::save(net, *bytes);
    return Safetensors(std::move(bytes), "x.safetensors");
}

/// What the error of `load` says; empty if there is none.
std::string refusal(const Shapes& saved, const Shapes& wanted, const std::string& prefix = "") {
    ListOfTensors net(wanted, 0);
    Safetensors file = file_of(ListOfTensors(saved, 1, prefix));
    try {
        staa::load(net, file);
    } catch (const staa::Error& error) {
        CHECK(net.values() == ListOfTensors(wanted, 0).values());
        const std::string text = error.what();
        CHECK(std::count(text.begin(), text.end(), '\n') < 10);
        return text;
    }
    return "";
}

}  // namespace

TEST_CASE("names with a prefix: the error says what to give, and with it the file is loaded", "[safetensors]") {
    const Shapes shapes = shapes_of(4, 8, 10);
    for (const auto& [prefix, saved] : {std::pair{"module.", ": saved from DataParallel"},
                                        {"_orig_mod.", ": saved from torch.compile"},
                                        {"net.model.", ""}}) {
        const std::string quoted = std::string("\"") + prefix + "\"";
        CHECK_THAT(refusal(shapes, shapes, prefix),
                   StartsWith("x.safetensors: all 5 names begin with " + quoted + saved +
                              "; load with {.strip_prefix = " + quoted + "}\n"));
        ListOfTensors net(shapes, 0);
        Safetensors file = file_of(ListOfTensors(shapes, 1, prefix));
        staa::load(net, file, {.strip_prefix = prefix});
        CHECK(net.values() == std::vector<float>(5, 1));
    }
}

TEST_CASE("a prefix that no name has is an error", "[safetensors]") {
    ListOfTensors net(shapes_of(4, 8, 10), 0);
    Safetensors file = file_of(net);
    CHECK_THROWS_WITH(staa::load(net, file, {.strip_prefix = "module."}),
                      "x.safetensors: no name in the file begins with \"module.\"; the first is \"conv.weight\"");
}

TEST_CASE("the error says for how many steps, for which width, input and classes the weights were made",
          "[safetensors]") {
    CHECK_THAT(
        refusal(shapes_of(4, 8, 10), shapes_of(6, 8, 10)),
        StartsWith("x.safetensors: made for 4 time steps, this network has 6: construct it with {.steps = 4}, or "
                   "give --steps 4\n  these tensors do not fit the network, which stays as it was:\n"));
    CHECK_THAT(refusal(shapes_of(4, 32, 10), shapes_of(4, 64, 10)),
               StartsWith("x.safetensors: made for width 32, this network has width 64\n"));
    CHECK_THAT(refusal(shapes_of(4, 8, 10, 1), shapes_of(4, 8, 10, 3)),
               StartsWith("x.safetensors: made for an input of 1 channels, this network takes 3\n"));
    CHECK_THAT(refusal(shapes_of(4, 8, 100), shapes_of(4, 8, 10)),
               StartsWith("x.safetensors: made for 100 classes, this network has 10: load_what_fits"));
}

TEST_CASE("the error says if only one side has attention", "[safetensors]") {
    const Shapes plain{{"conv.weight", {4, 3, 3, 3}}};
    Shapes attention = plain;
    attention.insert(attention.end(), {{"neuron.gc.key.weight", {1, 4, 1, 1}}, {"neuron.pe", {2, 4, 1, 1}}});
    CHECK_THAT(refusal(plain, attention), StartsWith("x.safetensors: made for neurons without attention (LIF)"));
    CHECK_THAT(refusal(attention, plain), StartsWith("x.safetensors: made for neurons with attention (STAA)"));
}

TEST_CASE("an error about hundreds of tensors has fewer than ten lines", "[safetensors]") {
    Shapes saved = shapes_of(4, 8, 100), wanted = shapes_of(2, 16, 10, 1);
    for (int i = 0; i < 400; ++i) {
        saved.push_back({"old" + std::to_string(i), {1}});
        wanted.push_back({"new" + std::to_string(i), {1}});
    }
    CHECK_THAT(refusal(saved, wanted), contains_text(" and 395 more"));
}

TEST_CASE("what fits is loaded, and the report names the rest", "[safetensors]") {
    Shapes saved = shapes_of(4, 8, 100), wanted = shapes_of(4, 8, 10);
    saved.push_back({"old", {1}});
    wanted.push_back({"new", {1}});
    ListOfTensors net(wanted, 0);
    Safetensors file = file_of(ListOfTensors(saved, 1));
    const staa::LoadReport report = staa::load_what_fits(net, file);
    CHECK(net.values() == std::vector<float>{1, 1, 1, 0, 0, 0});
    CHECK(report.loaded == 3);
    CHECK_FALSE(report.is_complete());
    CHECK(report.text() ==
          "\n  missing in the file (1): \"new\"\n  not in the network (1): \"old\"\n"
          "  of another shape (2): \"fc.weight\" is [100, 8], expected [10, 8], \"fc.bias\" is [100], "
          "expected [10]");
}

TEST_CASE("a report of a file that fits as a whole is complete and has no text", "[safetensors]") {
    ListOfTensors net(shapes_of(4, 8, 10), 0);
    Safetensors file = file_of(ListOfTensors(shapes_of(4, 8, 10), 1));
    const staa::LoadReport report = staa::load_what_fits(net, file);
    CHECK(report.is_complete());
    CHECK(report.loaded == 5);
    CHECK(report.text().empty());
    CHECK(report.causes.empty());
}

TEST_CASE("a file of which nothing fits is an error", "[safetensors]") {
    ListOfTensors net(shapes_of(4, 8, 10), 0);
    Safetensors file = file_of(ListOfTensors({{"other", {3}}}, 1));
    CHECK_THROWS_AS(staa::load_what_fits(net, file), staa::Error);
}
