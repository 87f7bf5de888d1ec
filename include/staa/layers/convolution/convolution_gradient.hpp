// SPDX-License-Identifier: MIT
// Backward of Conv2d: chooses the kernels of the two gradients, and calls them.
#pragma once

#include <algorithm>
#include <type_traits>

#include "staa/kernels/convolution/convolution.hpp"
#include "staa/kernels/maps/elementwise.hpp"
#include "staa/layers/contract.hpp"
#include "staa/layers/convolution/convolution_choice.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// A spike map as numbers 0 and 1, in memory of the call.
template <class Scalar>
struct SpikeNumbers {
    SpikeNumbers(const Spikes& x, Arena& arena) : values(arena, x.extents().size()) {
        std::fill_n(values.data(), x.extents().size(), Scalar(0));
        add_spikes<Scalar>(x.extents().images(), x.extents().map_pixels(), x.extents().channels, x.data(),
                           values.data());
    }
    Scratch<Scalar> values;
};

/// One backward call of the convolution `Layer`. It is built first, and chooses the kernels; `reads_tiles` tells the
/// caller whether dy can be computed tile by tile.
template <class Layer, int Channels, int Kernel, int Stride>
class ConvolutionGradient {
    using In = typename Layer::Input;
    using Scalar = typename In::Scalar;
    using Packing = Blocking<Scalar, DefaultArch>;
    static constexpr bool fits_channel_lists = In::is_spikes && ActiveChannels::holds(In::width, In::channels);
    static constexpr bool fits_tiles = Stride == 1 && Kernel <= 3;
    /// If the weights' gradient takes lists: whether they are lists of pixels in tiles, or lists of channels.
    static constexpr bool is_over_tiles = fits_tiles && (In::height * In::width > 4 || !fits_channel_lists);
    static constexpr double inside = taps_inside(Kernel, In::height) * taps_inside(Kernel, In::width);
    static constexpr SparseLimits limits = sparse_limits(Channels);
    static constexpr double weight_limit =
        In::is_spikes ? limits.weight_gradient : inside * limits.analog_weight_gradient;
    using WeightLists = std::conditional_t<In::is_spikes, ActivePixelsMemory, ActivePixelValuesMemory<Scalar>>;

 public:
    /// Chooses the kernels. `use.firing_rate` comes from forward; the other members for backward are written.
    ConvolutionGradient(const Layer& layer, const ConvolutionShape& shape, const SignalOf<In>& x, bool wants_dx,
                        ConvolutionUse& use, const Call& call)
        : layer_(layer), s_(shape), x_(x), use_(use), call_(call), wants_dx_(wants_dx) {
        use.weight_gradient =
            lists_or_dense(fits_tiles || fits_channel_lists, layer.choice, use.firing_rate, weight_limit);
        use.input_gradient = ConvolutionKernel::dense;
        if constexpr (In::is_spikes && fits_tiles) {
            use.window = x.window_share();
            use.input_gradient =
                lists_or_dense(x.window() != nullptr, layer.choice, use.window, inside * limits.input_gradient);
        }
    }

    /// Whether all kernels that read dy can compute it tile by tile.
    bool reads_tiles() const {
        return is_over_tiles && use_.weight_gradient == ConvolutionKernel::lists &&
               (!wants_dx_ || use_.input_gradient == ConvolutionKernel::lists);
    }

    /// Adds to `d_weight` [kernel, kernel, in, out]. Resizes and overwrites dx; null: not wanted. Unless `reads_tiles`,
    /// dy must be a map in memory.
    void run(const OutputGradient<Scalar>& dy, Scalar* d_weight, Analog<Scalar>* dx) const {
        if (dx != nullptr) {
            dx->resize(call_.arena, In::extents(call_.steps, call_.batch));
        }
        if constexpr (In::is_spikes && is_over_tiles && fits_both_gradients<Kernel, Scalar>(In::channels, Channels)) {
            if (dx != nullptr && reads_tiles()) {
                both_over_lists(dy, d_weight, dx->data());
                return;
            }
        }
        weight_gradient(dy, d_weight);
        if (dx != nullptr) {
            input_gradient(dy, dx->data());
        }
    }

 private:
    template <class Memory>
    Memory pixel_lists() const {
        return {call_.arena, MapTiles(s_.images, s_.in_height, s_.in_width, s_.padding), s_.in_channels};
    }

    void both_over_lists(const OutputGradient<Scalar>& dy, Scalar* d_weight, Scalar* dx) const {
        const auto fired = pixel_lists<ActivePixelsMemory>(), inside_window = pixel_lists<ActivePixelsMemory>();
        spike_gradients<Kernel, Scalar>(call_.arena, fired.tiles(), fired.list(x_.data()),
                                        inside_window.list(x_.window()), dy,
                                        {Channels, layer_.parameters.weight.data(), d_weight}, dx);
    }

    void weight_gradient(const OutputGradient<Scalar>& dy, Scalar* d_weight) const {
        if (use_.weight_gradient == ConvolutionKernel::dense) {
            dense_weight_gradient(x_, dy.dy, d_weight);
        } else if constexpr (is_over_tiles) {
            const auto lists = pixel_lists<WeightLists>();
            spike_weight_gradient<Kernel, Scalar>(call_.arena, lists.tiles(), lists.list(x_.data()), Channels, dy,
                                                  d_weight);
        } else if constexpr (fits_channel_lists) {
            const ActiveChannelsMemory lists(call_.arena, s_.images, s_.in_width, s_.in_height * s_.in_width,
                                             s_.in_channels);
            const ActiveChannels& active = lists.list(x_.data());
            add_packed(d_weight,
                       [&](Scalar* packed) { spike_convolution_weight_gradient<Scalar>(s_, active, dy.dy, packed); });
        }
    }

    void dense_weight_gradient(const Spikes& x, const Scalar* dy, Scalar* d_weight) const {
        const SpikeNumbers<Scalar> numbers(x, call_.arena);
        dense_weight_gradient(numbers.values.data(), dy, d_weight);
    }
    void dense_weight_gradient(const Analog<Scalar>& x, const Scalar* dy, Scalar* d_weight) const {
        dense_weight_gradient(x.data(), dy, d_weight);
    }
    void dense_weight_gradient(const Scalar* x, const Scalar* dy, Scalar* d_weight) const {
        add_packed(d_weight, [&](Scalar* packed) { dense_convolution_weight_gradient<Scalar>(s_, x, dy, packed); });
    }

    /// Adds a gradient that the kernel gives in packed order, as all kernels do that are not over tiles.
    template <class MakePacked>
    void add_packed(Scalar* d_weight, const MakePacked& make) const {
        const Scratch<Scalar> packed(call_.arena, Packing::packed_size(s_.taps() * In::channels, Channels));
        make(packed.data());
        add_packed_weights<Scalar>(s_.taps(), In::channels, Channels, packed.data(), d_weight);
    }

    void input_gradient(const OutputGradient<Scalar>& dy, Scalar* dx) const {
        const Scalar* weight = layer_.parameters.weight.data();
        if constexpr (In::is_spikes && fits_tiles) {
            if (use_.input_gradient == ConvolutionKernel::lists) {
                const auto lists = pixel_lists<ActivePixelsMemory>();
                windowed_input_gradient<Kernel, Scalar>(call_.arena, lists.tiles(), lists.list(x_.window()), Channels,
                                                        dy, weight, dx);
                return;
            }
        }
        const Scratch<Scalar> turned(call_.arena, Packing::packed_size(s_.taps() * Channels, In::channels));
        pack_input_gradient_weights<Scalar>(s_, weight, turned.data());
        dense_convolution_input_gradient<Scalar>(s_, dy.dy, turned.data(), dx);
    }

    const Layer& layer_;
    const ConvolutionShape s_;
    const SignalOf<In>& x_;
    ConvolutionUse& use_;
    const Call& call_;
    bool wants_dx_;
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
