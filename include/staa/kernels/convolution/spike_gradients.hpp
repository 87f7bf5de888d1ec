// SPDX-License-Identifier: MIT
// Both gradients of a convolution whose input is spikes, stride 1: the weights' needs only pixels that fired, the input's
// only pixels inside the surrogate's window. Both walk, channel by channel, over a list of pixels and read the
// neighbourhood of each in a tile of dy: one load a multiply-add and nothing stored on the way.
// Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "staa/core/scratch.hpp"
#include "staa/kernels/convolution/active_pixels.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"
#include "staa/kernels/maps/channel_sums.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Output channels that one pass takes: with a register for every tap and vector, and a few left over.
template <Index Kernel, class Scalar, class Arch>
struct NeighbourhoodBlock {
    using V = Vector<Scalar, Arch>;
    static constexpr Index taps = Kernel * Kernel;
    static constexpr Index registers = Blocking<Scalar, Arch>::has_32_registers ? 28 : 14;
    static constexpr Index vectors = std::max<Index>(
        1, static_cast<Index>(std::bit_floor(static_cast<std::size_t>(std::min(4 * taps, registers) / taps))));
    static constexpr Index width = vectors * lanes_of<V>;
    static constexpr Index blocks(Index channels) { return (channels + width - 1) / width; }
};

namespace detail {

/// sums[tap, o] += sum over the positions of dy[q, o], times the position's value where it has one, where output q reads the
/// position through the tap: in row and column q = position + Kernel / 2 - tap. Two positions more than the list has are
/// read, so that no addition waits for the address of its neighbourhood: 5 to 10 % of the time.
template <Index Kernel, bool HasValues, class Arch, class Scalar>
STAA_NOINLINE void add_neighbourhoods(const std::uint16_t* positions, [[maybe_unused]] const Scalar* values,
                                      Index count, const Scalar* dy, Index padded_width, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    V sum[B::taps][B::vectors];
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[tap][v] = V(Scalar(0)); });
    });
    const Index row = padded_width * B::width;
    Index next = positions[0], after_next = positions[1];
    for (Index i = 0; i < count; ++i) {
        const Scalar* centre = dy + next * B::width;
        next = std::exchange(after_next, Index{positions[i + 2]});
        [[maybe_unused]] V value;
        if constexpr (HasValues) {
            value = V(values[i]);
        }
        unroll<Kernel>([&](auto ky) STAA_INLINE_LAMBDA {
            const Scalar* line = centre + (Kernel / 2 - ky) * row;
            unroll<Kernel>([&](auto kx) STAA_INLINE_LAMBDA {
                unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                    constexpr Index offset = (Kernel / 2 - kx) * B::width + v * lanes_of<V>;
                    V& to = sum[ky * Kernel + kx][v];
                    if constexpr (HasValues) {
                        to = fma(value, V::load_aligned(line + offset), to);
                    } else {
                        to = to + V::load_aligned(line + offset);
                    }
                });
            });
        });
    }
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
            Scalar* to = sums + tap * B::width + v * lanes_of<V>;
            (V::load_unaligned(to) + sum[tap][v]).store_unaligned(to);
        });
    });
}

/// sums[i] += sum over taps and o of dy[q, o] · weight[tap, o], where output q reads positions[i] through the tap.
template <Index Kernel, class Arch, class Scalar>
STAA_NOINLINE void multiply_neighbourhoods(const std::uint16_t* positions, Index count, const Scalar* dy,
                                           Index padded_width, const Scalar* weight, Index stride, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    V weights[B::taps][B::vectors];
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
            weights[tap][v] = V::load_unaligned(weight + tap * stride + v * lanes_of<V>);
        });
    });
    const Index row = padded_width * B::width;
    for (Index i = 0; i < count; ++i) {
        const Scalar* centre = dy + Index{positions[i]} * B::width;
        V sum[Kernel][B::vectors];  // a sum a line: one for all would wait for itself
        unroll<Kernel>([&](auto ky) STAA_INLINE_LAMBDA {
            const Scalar* line = centre + (Kernel / 2 - ky) * row;
            unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                sum[ky][v] =
                    weights[ky * Kernel][v] * V::load_aligned(line + (Kernel / 2) * B::width + v * lanes_of<V>);
            });
            unroll<Kernel - 1>([&](auto before) STAA_INLINE_LAMBDA {
                constexpr Index kx = before + 1;
                unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                    constexpr Index offset = (Kernel / 2 - kx) * B::width + v * lanes_of<V>;
                    sum[ky][v] = fma(weights[ky * Kernel + kx][v], V::load_aligned(line + offset), sum[ky][v]);
                });
            });
        });
        unroll<Kernel - 1>([&](auto before) STAA_INLINE_LAMBDA {
            unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[0][v] = sum[0][v] + sum[before + 1][v]; });
        });
        unroll<B::vectors - 1>([&](auto before) STAA_INLINE_LAMBDA { sum[0][0] = sum[0][0] + sum[0][before + 1]; });
        sums[i] += sum_lanes(sum[0][0]);
    }
}

/// One whole block of a dy that is not kept, its columns from `first` on, in vectors.
template <class V, Index Vectors, class Scalar>
class GradientBlock {
 public:
    GradientBlock(const OutputGradient<Scalar>& dy, Index first) : dy_(dy), first_(first) {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index c = first + v * lanes_of<V>;
            a_[v] = V::load_unaligned(dy.a + c);
            b_[v] = V::load_unaligned(dy.b + c);
            shift_[v] = V::load_unaligned(dy.shift + c);
        });
    }

    /// Of the pixel whose values begin at `pixel`.
    STAA_INLINE void load(Index pixel, Scalar* to) const {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index i = pixel + first_ + v * lanes_of<V>;
            const V scaled = fma(a_[v], V::load_unaligned(dy_.dy + i), shift_[v]);
            fma(b_[v], V::load_unaligned(dy_.x + i), scaled).store_aligned(to + v * lanes_of<V>);
        });
    }

 private:
    const OutputGradient<Scalar> dy_;
    Index first_;
    V a_[Vectors], b_[Vectors], shift_[Vectors];
};

/// Calls load(pixel's first value, to) for every position of a tile that is inside the maps; the others become zeros.
template <class Scalar, class Load>
STAA_INLINE void load_rows(const MapTiles& tiles, Index tile, Index out, Index width, Scalar* map, const Load& load) {
    tiles.for_positions(tiles.tile(tile), [&](Index pixel, Index position) STAA_INLINE_LAMBDA {
        if (pixel >= 0) {
            load(pixel * out, map + position * width);
        } else {
            std::fill_n(map + position * width, width, Scalar(0));
        }
    });
}

/// One block of dy [pixels, out], its columns [first, first + used), as `map` [positions of the tile][width], zeros outside
/// the maps and beyond `used`.
template <Index Kernel, class Arch, class Scalar>
void load_block(const MapTiles& tiles, Index tile, const OutputGradient<Scalar>& dy, Index out, Index first, Index used,
                Scalar* map) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    if (used < B::width) {
        load_rows(tiles, tile, out, B::width, map, [&](Index pixel, Scalar* to) STAA_INLINE_LAMBDA {
            for (Index c = first; c < first + used; ++c, ++to) {
                const Scalar value = dy.dy[pixel + c];
                *to = dy.is_kept() ? value : dy.a[c] * value + dy.shift[c] + dy.b[c] * dy.x[pixel + c];
            }
            std::fill_n(to, B::width - used, Scalar(0));
        });
    } else if (dy.is_kept()) {
        load_rows(tiles, tile, out, B::width, map, [&](Index pixel, Scalar* to) STAA_INLINE_LAMBDA {
            unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                V::load_unaligned(dy.dy + pixel + first + v * lanes_of<V>).store_aligned(to + v * lanes_of<V>);
            });
        });
    } else {
        const GradientBlock<V, B::vectors, Scalar> block(dy, first);
        load_rows(tiles, tile, out, B::width, map,
                  [&](Index pixel, Scalar* to) STAA_INLINE_LAMBDA { block.load(pixel, to); });
    }
}

/// The last, incomplete block of weights [taps, in, out], filled up with zeros to [taps, in, width].
template <Index Kernel, class Arch, class Scalar>
void pad_last_block(Index in, Index out, const Scalar* weight, Scalar* padded) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index used = out % B::width;
    for (Index row = 0; used != 0 && row < B::taps * in; ++row, padded += B::width) {
        std::fill(std::copy_n(weight + (row + 1) * out - used, used, padded), padded + B::width, Scalar(0));
    }
}

/// dx of the tile's pixels from the sums of its lists; 0 where nothing is listed.
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

/// The weights' gradient of one tile and one block of dy: sums [in, taps, width] += what the listed pixels reach.
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

/// The weights of the input gradient, block by block of output channels.
template <Index Kernel, class Scalar, class Arch>
class WeightBlocks {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;

 public:
    WeightBlocks(Arena& arena, Index in, Index out, const Scalar* weight)
        : in_(in), out_(out), weight_(weight), last_(arena, out % B::width == 0 ? 0 : B::taps * in * B::width) {
        pad_last_block<Kernel, Arch>(in, out, weight, last_.data());
    }

    /// The input gradient of one tile from one block of dy: the sums of the wanted pixels += their share.
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

/// Sums of the weights' gradient, one set a group of tiles: [groups][blocks][in][taps][width]. The tiles are cut into groups
/// by sizes alone, so the order of the sums never depends on the number of threads.
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

/// Tasks of a weights' gradient, about: each has sums of its own.
inline constexpr Index gradient_tasks = 16;

}  // namespace detail

/// dw[ky, kx, i, o] += sum of dy over the outputs that a spike of channel i reaches through the tap, times its value where it
/// has one: `active` (ActivePixels or ActivePixelValues) lists the spikes in `tiles`, whose border is Kernel / 2; stride 1,
/// padding Kernel / 2. weight [Kernel, Kernel, in, out].
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

/// Whether the sums of a weights' gradient are so few that every group of tiles can have all of them: then
/// `spike_gradients` reads dy once for both gradients.
template <Index Kernel, class Scalar, class Arch = DefaultArch>
constexpr bool fits_both_gradients(Index in, Index out) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    return in * B::taps * B::blocks(out) * B::width <= Index{1} << 16;
}

/// `spike_weight_gradient` and `windowed_input_gradient` at once, for what `fits_both_gradients`.
template <Index Kernel, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void spike_gradients(Arena& arena, const MapTiles& tiles, const ActivePixels& active,
                                 const ActivePixels& wanted, Index out,
                                 const std::type_identity_t<OutputGradient<Scalar>>& dy, const Scalar* weight,
                                 Scalar* d_weight, Scalar* dx) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index in = active.channels, blocks = B::blocks(out);
    const detail::WeightBlocks<Kernel, Scalar, Arch> weights(arena, in, out, weight);
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
    partial.add_to(d_weight);
}

}  // namespace STAA_ABI
}  // namespace staa
