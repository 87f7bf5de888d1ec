// SPDX-License-Identifier: MIT
#include "staa/core/shape.hpp"

#include <type_traits>

#include "support/catch.hpp"

namespace {

using namespace staa;

using Currents = Map<16, 7, 5, Signal::analog, double>;
using Fired = Map<16, 7, 5, Signal::spikes, double>;

static_assert(Currents::channels == 16 && Currents::height == 7 && Currents::width == 5);
static_assert(!Currents::is_spikes && Fired::is_spikes);
static_assert(!Currents::is_constant && Image<3, 32, 32>::is_constant && !Frames<2, 34, 34>::is_constant);
static_assert(std::is_same_v<Image<3, 32, 32>::Scalar, float>);
static_assert(IsMap<Currents> && IsMap<Image<1, 1, 1>> && !IsMap<int> && !IsMap<Extents>);
static_assert(std::is_same_v<AsAnalog<Fired>, Currents>);
static_assert(std::is_same_v<Reshaped<Fired, 8, 1, 1>, Map<8, 1, 1, Signal::analog, double>>);
static_assert(Reshaped<Image<3, 32, 32>, 8, 16, 16>::is_constant);

TEST_CASE("Extents count images, pixels and values", "[core]") {
    constexpr Extents extents{2, 3, 4, 5, 6};
    CHECK(extents.images() == 6);
    CHECK(extents.map_pixels() == 20);
    CHECK(extents.pixels() == 120);
    CHECK(extents.map_size() == 120);
    CHECK(extents.size() == 720);
    CHECK(Extents{}.size() == 0);
}

TEST_CASE("A map that changes is stored once per step", "[core]") {
    CHECK(Currents::extents(4, 2) == Extents{4, 2, 7, 5, 16});
    CHECK(Frames<2, 34, 34>::extents(10, 3) == Extents{10, 3, 34, 34, 2});
}

TEST_CASE("A map that is the same at every step is stored once", "[core]") {
    CHECK(Image<3, 32, 32>::extents(4, 2) == Extents{1, 2, 32, 32, 3});
    CHECK(Image<3, 32, 32>::stored_steps(4) == 1);
}

}  // namespace
