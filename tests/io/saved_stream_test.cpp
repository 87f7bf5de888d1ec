// SPDX-License-Identifier: MIT
#include "staa/io/saved_stream.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <int Channels>
using NetOf = Network<Image<3, 8, 8>, Conv2d<Channels>, BatchNorm, Lif<>,
                      Residual<Conv2d<Channels>, BatchNorm, Named<"inner", StaaLif<>>, Conv2d<Channels>, BatchNorm>,
                      StaaLif<Staa{.encoding_shape = EncodingShape::per_position}>, GlobalAvgPool, Linear<4>>;
using Net = NetOf<6>;

Tensor<float, 4> frame() {
    Random random(2);
    Tensor<float, 4> values(3, 8, 8, 3);
    std::generate_n(values.data(), values.size(), [&] { return static_cast<float>(2 * random.normal()); });
    return values;
}

bool same(const Net::Logits& a, const Net::Logits& b) {
    return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

/// A stream that has taken two of its four steps.
struct Begun {
    Begun() {
        net.step(frame(), state);
        net.step(frame(), state);
    }
    TemporaryFolder folder;
    Net net{NetworkOptions{}};
    State<Net> state = net.start();
    std::filesystem::path path = folder / "stream.safetensors";
};

std::string error_of(State<Net>& state, const std::filesystem::path& path) {
    try {
        load_stream(state, path);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a stream that was saved and loaded gives the same bits as one that was not stopped") {
    Begun begun;
    save_stream(begun.state, begun.path);
    State<Net> loaded = begun.net.start();
    load_stream(loaded, begun.path);
    CHECK((loaded.steps() == 2 && loaded.images() == 3));
    for (int further = 0; further < 2; ++further) {
        CHECK(same(begun.net.step(frame(), loaded), begun.net.step(frame(), begun.state)));
    }
}

TEST_CASE("the file of a stream has the state of each layer that has one") {
    Begun begun;
    save_stream(begun.state, begun.path);
    std::vector<std::string> names;
    const Safetensors file = Safetensors::open(begun.path);
    for (const auto& [name, tensor] : file.tensors()) {
        names.push_back(name);
    }
    CHECK(names == std::vector<std::string>{"2.potential", "3.inner.carried_mean", "3.inner.potential",
                                            "4.carried_mean", "4.potential", "logits_sum", "steps"});
}

TEST_CASE("a stream without a step cannot be saved, and no file is left") {
    Begun begun;
    CHECK_THROWS_AS(save_stream(begun.net.start(), begun.path), Error);
    CHECK_FALSE(std::filesystem::exists(begun.path));
}

TEST_CASE("a file that is no stream of the network is refused, and the stream does not change") {
    Begun begun;
    save(begun.net, begun.path);
    const std::string of_weights = error_of(begun.state, begun.path);
    CHECK(of_weights.find("do not fit the stream, which stays as it was") != std::string::npos);
    CHECK(of_weights.find("\"steps\"") != std::string::npos);

    NetOf<5> wider{NetworkOptions{}};
    State<NetOf<5>> other = wider.start();
    wider.step(frame(), other);
    save_stream(other, begun.path);
    CHECK(error_of(begun.state, begun.path).find("\"2.potential\" is [3, 8, 8, 5], expected [3, 8, 8, 6]") !=
          std::string::npos);

    save_stream(begun.state, begun.path);
    CHECK(error_of(begun.state, begun.path).empty());
    std::filesystem::resize_file(begun.path, std::filesystem::file_size(begun.path) - 1);
    CHECK_FALSE(error_of(begun.state, begun.path).empty());
    CHECK((begun.state.steps() == 2 && begun.state.images() == 3));
}

TEST_CASE("a saved stream goes on in every network of the same weights, and in no other") {
    Begun begun;
    save_stream(begun.state, begun.path);
    save(begun.net, begun.folder / "weights");
    Net other{NetworkOptions{.seed = 1}};
    State<Net> loaded = other.start();
    load_stream(loaded, begun.path);
    CHECK_THROWS_WITH(other.step(frame(), loaded),
                      "staa::Network::step: the stream was saved with other weights than this network has; load those, "
                      "or begin a new stream with start()");
    load(other, begun.folder / "weights");
    CHECK(same(other.step(frame(), loaded), begun.net.step(frame(), begun.state)));
    CHECK_THROWS_WITH(begun.net.step(frame(), loaded), contains_text("the stream is that of another network"));
    load_stream(loaded, begun.path);
    CHECK(other.infer(frame(), loaded).size() == 12);
}

TEST_CASE("the checksum of a file counts the running averages, and does not depend on the number of threads") {
    Begun begun;
    const auto checksum = [&] {
        begun.net.infer(frame(), begun.state);
        return begun.state.weights_checksum();
    };
    const std::uint64_t before = checksum();
    begun.net.layer<"0">();
    const int threads_before = threads();
    set_threads(1);
    CHECK(checksum() == before);
    set_threads(threads_before);
    begun.net.layer<"1">().statistics.mean(0) += 1.0f;
    CHECK(checksum() != before);
}

TEST_CASE("a stream whose state was moved from is not saved, and a file without a checksum is refused") {
    Begun begun;
    const State<Net> moved = std::move(begun.state);
    CHECK_THROWS_WITH(save_stream(begun.state, begun.path), contains_text("moved from"));  // NOLINT: that is the point
    CHECK_FALSE(std::filesystem::exists(begun.path));
    save_stream(moved, begun.path);
    std::fstream file(begun.path, std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    file.seekp(static_cast<std::streamoff>(bytes.find("staa.weights")));
    file << "no name";
    file.close();
    CHECK_THROWS_WITH(load_stream(begun.state, begun.path), contains_text("no valid staa.weights"));
}

TEST_CASE("the sum of the logits is saved in doubles, and as many steps as a double counts are read again") {
    Begun begun;
    save_stream(begun.state, begun.path);
    Safetensors file = Safetensors::open(begun.path);
    CHECK(file.tensors().at("logits_sum").dtype == "F64");
    const auto write_steps = [&](std::int64_t steps) {
        std::fstream out(begun.path, std::ios::in | std::ios::out | std::ios::binary);
        std::uint64_t header = 0;
        out.read(reinterpret_cast<char*>(&header), 8);
        out.seekp(static_cast<std::streamoff>(8 + header));
        out.write(reinterpret_cast<const char*>(&steps), 8);
    };
    write_steps(std::int64_t{1} << 40);
    CHECK(error_of(begun.state, begun.path).empty());
    CHECK(begun.state.steps() == Index{1} << 40);
    write_steps((std::int64_t{1} << 53) + 1);
    CHECK_FALSE(error_of(begun.state, begun.path).empty());
}

TEST_CASE("a file of a stream with 0 or fewer steps is refused") {
    Begun begun;
    save_stream(begun.state, begun.path);
    for (const char steps : {'\0', '\xff'}) {
        std::fstream file(begun.path, std::ios::in | std::ios::out | std::ios::binary);
        std::uint64_t header = 0;
        file.read(reinterpret_cast<char*>(&header), 8);
        file.seekp(static_cast<std::streamoff>(8 + header));
        file << std::string(8, steps);  // the counter is the first of the values
        file.close();
        CHECK(error_of(begun.state, begun.path).find("expected at least one of each") != std::string::npos);
    }
}
