// SPDX-License-Identifier: MIT
// Both gradients of a convolution of spikes with stride 1. The weights' gradient needs only the pixels that fired, the
// input's only the pixels inside the surrogate's window. Both walk, channel by channel, over a list of pixels in a
// tile, and read the neighbourhood of each in the same tile of dy (neighbourhoods.hpp). Plain loops:
// plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "staa/core/scratch.hpp"
#include "staa/kernels/convolution/active_pixels.hpp"
#include "staa/kernels/convolution/neighbourhoods.hpp"
#include "staa/kernels/convolution/output_gradient.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Copies the last, incomplete block of weights [taps, in, out] to padded [taps, in, width], filled up with zeros. Does
/// nothing if all blocks are complete.
template <Index Kernel, class Arch, class Scalar>
void pad_last_block(Index in, Index out, const Scalar* weight, Scalar* padded) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index used = out % B::width;
    for (Index row = 0; used != 0 && row < B::taps * in; ++row, padded += B::width) {
        std::fill(std::copy_n(weight + (row + 1) * out - used, used, padded), padded + B::width, Scalar(0));
    }
}

/// Writes dx of the pixels of tile i: the sums of its lists, and 0 for the pixels that are not listed.
template <class Scalar>
void spread_sums(const MapTiles& tiles, const ActivePixels& listed, Index i, const Scalar* sums, Scalar* dx) {
    const TileOffsets at(tiles, i, listed.channels);
    tiles.for_pixels(tiles.tile(i), [&](Index pixel, Index) {
        std::fill_n(dx + pixel * listed.channels, listed.channels, Scalar(0));
    });
    for (Index c = 0; c < listed.channels; ++c) {
        const std::uint16_t* position = listed.first(i, c);
        for (Index k = 0; k < listed.count(i, c); ++k, ++sums) {
            dx[at.offset[position[k]] + c] = *sums;
        }
    }
}

/// The weights' gradient of tile i and one block of dy, `map`, added to sums [in, taps, width].
template <Index Kernel, class Arch, class Active, class Scalar>
void add_tile(const MapTiles& tiles, Index i, const Active& active, const Scalar* map, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    constexpr bool has_values = !std::is_same_v<Active, ActivePixels>;
    for (Index c = 0; c < active.channels; ++c, sums += B::taps * B::width) {
        const Scalar* values = nullptr;
        if constexpr (has_values) {
            values = active.first_value(i, c);
        }
        add_neighbourhoods<Kernel, has_values, Arch>(active.first(i, c), values, active.count(i, c), map,
                                                     tiles.padded_width(), sums);
    }
}

/// The weights of an input gradient, in blocks of output channels.
template <Index Kernel, class Scalar, class Arch>
class WeightBlocks {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;

 public:
    WeightBlocks(Arena& arena, Index in, Index out, const Scalar* weight)
        : in_(in), out_(out), weight_(weight), last_(arena, out % B::width == 0 ? 0 : B::taps * in * B::width) {
        pad_last_block<Kernel, Arch>(in, out, weight, last_.data());
    }

    /// The input gradient of tile i from one block of dy, `map`, added to the sums of the wanted pixels.
    void multiply_tile(const MapTiles& tiles, Index i, const ActivePixels& wanted, Index block, const Scalar* map,
                       Scalar* sums) const {
        const bool is_whole = (block + 1) * B::width <= out_;
        const Scalar* from = is_whole ? weight_ + block * B::width : last_.data();
        const Index stride = is_whole ? out_ : B::width;
        for (Index c = 0; c < in_; ++c) {
            multiply_neighbourhoods<Kernel, Arch>(wanted.first(i, c), wanted.count(i, c), map, tiles.padded_width(),
                                                  from + c * stride, in_ * stride,
                                                  sums + (wanted.first(i, c) - wanted.first(i, 0)));
        }
    }

 private:
    Index in_, out_;
    const Scalar* weight_;
    Scratch<Scalar> last_;
};

/// Sums of a weights' gradient, one set per group of tiles: [groups][blocks][in][taps][width]. Sizes alone decide the
/// number of groups, so the order of the sums does not depend on the number of threads.
template <Index Kernel, class Scalar, class Arch>
class PartialGradients {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;

 public:
    PartialGradients(Arena& arena, Index tiles, Index groups, Index in, Index out)
        : tiles_(tiles),
          groups_(std::max<Index>(1, std::min(groups, tiles))),
          in_(in),
          out_(out),
          sums_(arena, groups_ * B::blocks(out) * size()) {}

    Index groups() const { return groups_; }
    Index first_tile(Index group) const { return group * tiles_ / groups_; }

    /// The sums of a block, [in, taps, width].
    Scalar* block(Index group, Index block) const { return sums_.data() + (group * B::blocks(out_) + block) * size(); }
    /// Sets them to 0 first.
    Scalar* zeros(Index group, Index block) const {
        std::fill_n(this->block(group, block), size(), Scalar(0));
        return this->block(group, block);
    }

    /// Adds all groups to weight [taps, in, out].
    void add_to(Scalar* weight) const {
        parallel_for(in_, B::taps * out_ * groups_, [&](Index c) {
            for (Index i = 0; i < groups_ * B::blocks(out_); ++i) {
                const Index first = i % B::blocks(out_) * B::width, used = std::min(B::width, out_ - first);
                const Scalar* from = sums_.data() + i * size() + c * B::taps * B::width;
                for (Index tap = 0; tap < B::taps; ++tap, from += B::width) {
                    Scalar* to = weight + (tap * in_ + c) * out_ + first;
                    for (Index o = 0; o < used; ++o) {
                        to[o] += from[o];
                    }
                }
            }
        });
    }

 private:
    Index size() const { return in_ * B::taps * B::width; }
    Index tiles_, groups_, in_, out_;
    Scratch<Scalar> sums_;
};

/// About how many tasks a weights' gradient has; each has its own sums.
inline constexpr Index gradient_tasks = 16;

}  // namespace detail

/// dw[ky, kx, i, o] += sum over the spikes of channel i of dy[.., o] at the output that reads the spike through the
/// tap, times the value of the spike if it has one. `active` (ActivePixels or ActivePixelValues) lists the spikes in
/// `tiles`, whose border is Kernel / 2; stride 1, padding Kernel / 2. `weight` [Kernel, Kernel, in, out] is the
/// gradient.
template <Index Kernel, class Scalar, class Arch = DefaultArch, class Active>
STAA_KERNEL void spike_weight_gradient(Arena& arena, const MapTiles& tiles, const Active& active, Index out,
                                       const std::type_identity_t<OutputGradient<Scalar>>& dy, Scalar* weight) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index in = active.channels, blocks = B::blocks(out);
    const detail::PartialGradients<Kernel, Scalar, Arch> partial(arena, tiles.count(), detail::gradient_tasks / blocks,
                                                                 in, out);
    const Index groups = partial.groups();
    parallel_for(blocks * groups, tiles.count() / groups * tiles.pixels() * in, [&](Index task) {
        const Index block = task / groups, group = task % groups;
        const Index used = std::min(B::width, out - block * B::width);
        alignas(64) Scalar map[MapTiles::capacity * B::width];
        Scalar* sums = partial.zeros(group, block);
        for (Index i = partial.first_tile(group); i < partial.first_tile(group + 1); ++i) {
            detail::load_block<Kernel, Arch>(tiles, i, dy, out, block * B::width, used, map);
            detail::add_tile<Kernel, Arch>(tiles, i, active, map, sums);
        }
    });
    partial.add_to(weight);
}

/// dx[p, i] = sum over taps and o of dy[.., o] · w[ky, kx, i, o] where `wanted` lists pixel p of channel i, else 0. The
/// tiles are those of dx, with a border of Kernel / 2; stride 1, padding Kernel / 2. dx is overwritten.
template <Index Kernel, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void windowed_input_gradient(Arena& arena, const MapTiles& tiles, const ActivePixels& wanted, Index out,
                                         const std::type_identity_t<OutputGradient<Scalar>>& dy, const Scalar* weight,
                                         Scalar* dx) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const detail::WeightBlocks<Kernel, Scalar, Arch> weights(arena, wanted.channels, out, weight);
    const WorkerScratch<Scalar> memory(arena, wanted.room);
    parallel_for(tiles.count(), tiles.pixels() * wanted.channels * out, [&](Index i, Index worker) {
        alignas(64) Scalar map[MapTiles::capacity * B::width];
        Scalar* sums = memory.of(worker);
        std::fill_n(sums, wanted.count(i), Scalar(0));
        for (Index block = 0; block < B::blocks(out); ++block) {
            const Index first = block * B::width, used = std::min(B::width, out - first);
            detail::load_block<Kernel, Arch>(tiles, i, dy, out, first, used, map);
            weights.multiply_tile(tiles, i, wanted, block, map, sums);
        }
        detail::spread_sums(tiles, wanted, i, sums, dx);
    });
}

/// Whether a weights' gradient has so few sums that every group of tiles can have all of them. Then `spike_gradients`
/// reads dy once for both gradients.
template <Index Kernel, class Scalar, class Arch = DefaultArch>
constexpr bool fits_both_gradients(Index in, Index out) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    return in * B::taps * B::blocks(out) * B::width <= Index{1} << 16;
}

/// Weights [Kernel, Kernel, in, out], and where their gradient is added.
template <class Scalar>
struct WeightsAndGradient {
    Index out;
    const Scalar* weight;
    Scalar* d_weight;
};

/// `spike_weight_gradient` and `windowed_input_gradient` at once, for shapes with `fits_both_gradients`.
template <Index Kernel, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void spike_gradients(Arena& arena, const MapTiles& tiles, const ActivePixels& active,
                                 const ActivePixels& wanted, const std::type_identity_t<OutputGradient<Scalar>>& dy,
                                 const WeightsAndGradient<Scalar>& of, Scalar* dx) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index in = active.channels, out = of.out, blocks = B::blocks(out);
    const detail::WeightBlocks<Kernel, Scalar, Arch> weights(arena, in, out, of.weight);
    const detail::PartialGradients<Kernel, Scalar, Arch> partial(arena, tiles.count(), detail::gradient_tasks, in, out);
    const WorkerScratch<Scalar> memory(arena, wanted.room);
    const Index cost = tiles.count() / partial.groups() * tiles.pixels() * in * out;
    parallel_for(partial.groups(), cost, [&](Index group, Index worker) {
        alignas(64) Scalar map[MapTiles::capacity * B::width];
        Scalar* sums = memory.of(worker);
        for (Index block = 0; block < blocks; ++block) {
            partial.zeros(group, block);
        }
        for (Index i = partial.first_tile(group); i < partial.first_tile(group + 1); ++i) {
            std::fill_n(sums, wanted.count(i), Scalar(0));
            for (Index block = 0; block < blocks; ++block) {
                const Index first = block * B::width, used = std::min(B::width, out - first);
                detail::load_block<Kernel, Arch>(tiles, i, dy, out, first, used, map);
                detail::add_tile<Kernel, Arch>(tiles, i, active, map, partial.block(group, block));
                weights.multiply_tile(tiles, i, wanted, block, map, sums);
            }
            detail::spread_sums(tiles, wanted, i, sums, dx);
        }
    });
    partial.add_to(of.d_weight);
}

}  // namespace STAA_ABI
}  // namespace staa
