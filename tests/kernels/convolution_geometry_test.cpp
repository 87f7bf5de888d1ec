// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/convolution_geometry.hpp"

#include <set>
#include <utility>

#include "kernels/cases.hpp"
#include "staa/kernels/plain/convolution.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ConvolutionShape;

/// The pairs of pixels that a tap joins: (output pixel, input pixel).
using Meetings = std::set<std::pair<Index, Index>>;

/// By the definition: with one channel on either side, every product joins one pair.
Meetings meetings_of(const ConvolutionShape& s, Index tap) {
    Meetings meetings;
    staa::plain::for_each_product(s, [&](Index x, Index w, Index y) {
        if (w == tap)
            meetings.emplace(y, x);
    });
    return meetings;
}

/// Gathers the pairs of all pixels, `Part` at a time, by `find(first, last, pairs)`; `add(row, source)` takes them.
template <Index Part, class Find, class Add>
void gather(Index pixels, const Find& find, const Add& add) {
    for (Index first = 0; first < pixels; first += Part) {
        staa::PixelPairs<Part> pairs;
        const Index last = std::min(pixels, first + Part);
        find(first, last, pairs);
        REQUIRE(pairs.count <= last - first);
        for (Index i = 0; i < pairs.count; ++i) {
            REQUIRE((pairs.target[i] >= 0 && pairs.target[i] < last - first));
            add(first + pairs.target[i], Index{pairs.source[i]});
        }
    }
}

template <Index Part>
void check_pairs_of_outputs(const ConvolutionShape& s, Index tap) {
    Meetings found;
    gather<Part>(
        s.out_pixels(),
        [&](Index first, Index last, auto& pairs) { staa::pairs_of_outputs(s, tap, first, last, pairs); },
        [&](Index row, Index source) { CHECK(found.emplace(row, source).second); });
    CHECK(found == meetings_of(s, tap));
}

template <Index Part>
void check_pairs_of_inputs(const ConvolutionShape& s, Index tap) {
    Meetings found;
    gather<Part>(
        s.in_pixels(), [&](Index first, Index last, auto& pairs) { staa::pairs_of_inputs(s, tap, first, last, pairs); },
        [&](Index row, Index source) { CHECK(found.emplace(source, row).second); });
    CHECK(found == meetings_of(s, tap));
}

TEST_CASE("The pairs of a range of output pixels are those that the tap joins, each once", "[kernels]") {
    for (const ConvolutionShape& s : convolution_geometries(1, 1)) {
        for (Index tap = 0; tap < s.taps(); ++tap) {
            INFO(describe(s) << ", tap " << tap);
            check_pairs_of_outputs<1>(s, tap);
            check_pairs_of_outputs<4>(s, tap);  // cuts lines
            check_pairs_of_outputs<200>(s, tap);
        }
    }
}

TEST_CASE("The pairs of a range of input pixels are those that the tap joins, each once", "[kernels]") {
    for (const ConvolutionShape& s : convolution_geometries(1, 1)) {
        for (Index tap = 0; tap < s.taps(); ++tap) {
            INFO(describe(s) << ", tap " << tap);
            check_pairs_of_inputs<1>(s, tap);
            check_pairs_of_inputs<4>(s, tap);  // cuts lines
            check_pairs_of_inputs<200>(s, tap);
        }
    }
}

}  // namespace
