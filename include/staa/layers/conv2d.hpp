// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>

#include "staa/kernels/spike_convolution.hpp"
#include "staa/layers/layer.hpp"

namespace staa::inline STAA_ABI {

/// Convolution without bias (batch norm follows and has one), zero padding Kernel / 2:
///     y[t, n, oy, ox, o] = sum over ky, kx, i of x[t, n, oy·s + ky - k/2, ox·s + kx - k/2, i] · weight[ky, kx, i, o]
/// [T, N, H, W, C] -> [T, N, ceil(H / Stride), ceil(W / Stride), Channels]. From spikes it only adds weights, and only
/// where there is a spike; from an image that is the same at every step it is computed once.
template <int Channels, int Kernel = 3, int Stride = 1>
struct Conv2d {
    static_assert(Channels > 0, "staa::Conv2d: give it at least one output channel");
    static_assert(Kernel > 0 && Kernel % 2 == 1,
                  "staa::Conv2d: the kernel size must be odd, so that padding Kernel / 2 keeps the map centred");
    static_assert(Stride > 0, "staa::Conv2d: the stride must be at least 1");

    template <class In>
    class at {
        static_assert(IsMap<In>, "staa::Conv2d: a layer is placed after a staa::Map; begin with Image or Frames");
        static_assert(In::channels < 65536, "staa::Conv2d: at most 65,535 input channels");

     public:
        using Input = In;
        using Output = Reshaped<In, Channels, (In::height - 1) / Stride + 1, (In::width - 1) / Stride + 1>;
        using Scalar = typename In::Scalar;
        using State = Nothing;
        static constexpr bool reads_input = true;
        static constexpr Index weights = Index{Kernel} * Kernel * In::channels * Channels;
        static constexpr Index products = weights * Output::height * Output::width;
        static constexpr Operations operations =
            In::is_spikes ? Operations{.accumulates = products} : Operations{.multiply_accumulates = products};
        static constexpr Index parameter_count(Index) { return weights; }

        struct Parameters {
            Tensor<Scalar, 4> weight;  ///< [kernel, kernel, in, out]
        };
        using Tape = Nothing;

        at(const Setup&, Random& random) {
            parameters.weight.resize(Kernel, Kernel, In::channels, Channels);
            initialise_uniform(parameters.weight, Kernel * Kernel * In::channels, random);
        }

        void forward(const SignalOf<In>& x, Analog<Scalar>& y, Tape&, const Call& call) const { convolve(x, y, call); }

        void infer(const SignalOf<In>& x, Analog<Scalar>& y, State&, const Call& call) const { convolve(x, y, call); }

        /// dx = dy convolved with the weights turned round; d_weight = x correlated with dy.
        void backward(const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients, Tape&,
                      const Call& call) const {
            const ConvolutionShape s = shape(call);
            const Scratch<Scalar> packed(call.arena, Packing::packed_size(s.taps() * In::channels, Channels));
            if constexpr (In::is_spikes) {
                const Listed listed(x, call.arena);
                spike_convolution_weight_gradient<Scalar>(s, listed.active, dy.data(), packed.data());
            } else {
                dense_convolution_weight_gradient<Scalar>(s, x.data(), dy.data(), packed.data());
            }
            add_packed_weights<Scalar>(s.taps(), In::channels, Channels, packed.data(), gradients.weight.data());
            if (dx != nullptr) {
                dx->resize(call.arena, In::extents(call.steps, call.batch));
                const Scratch<Scalar> turned(call.arena, Packing::packed_size(s.taps() * Channels, In::channels));
                pack_transposed_weights<Scalar>(s.taps(), In::channels, Channels, parameters.weight.data(),
                                                turned.data());
                dense_convolution_input_gradient<Scalar>(s, dy.data(), turned.data(), dx->data());
            }
        }

        void absorb(const Tape&, const Call&) {}

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visitor(ParameterName{prefix + "weight", Layout::convolution, {Channels, In::channels, Kernel, Kernel}},
                    self.parameters.weight, trees.weight...);
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self&, const std::string&, Visitor&&) {}

        Parameters parameters;

     private:
        using Packing = Blocking<Scalar, DefaultArch>;

        /// The active channels of a spike map, in memory of the call.
        struct Listed {
            Listed(const Spikes& x, Arena& arena)
                : begin(arena, x.extents().pixels()),
                  count(arena, x.extents().pixels()),
                  channels(arena, x.extents().size()),
                  active{begin.data(), count.data(), channels.data()} {
                list_active_channels(x.data(), x.extents().images(), x.extents().map_pixels(), In::channels, active);
            }
            Scratch<std::int64_t> begin;
            Scratch<std::int32_t> count;
            Scratch<std::uint16_t> channels;
            ActiveChannels active;
        };

        static ConvolutionShape shape(const Call& call) {
            constexpr Index most = std::numeric_limits<std::int32_t>::max() / (Index{In::height} * In::width);
            if (In::stored_steps(call.steps) * call.batch > most) {
                fail("staa::Conv2d: ", call.steps, " steps of ", call.batch, " images of ", In::height, " x ",
                     In::width, " are more than 2^31 pixels; take smaller batches");
            }
            return {.images = In::stored_steps(call.steps) * call.batch,
                    .in_height = In::height,
                    .in_width = In::width,
                    .in_channels = In::channels,
                    .out_height = Output::height,
                    .out_width = Output::width,
                    .out_channels = Channels,
                    .kernel = Kernel,
                    .stride = Stride,
                    .padding = Kernel / 2};
        }

        void convolve(const SignalOf<In>& x, Analog<Scalar>& y, const Call& call) const {
            const ConvolutionShape s = shape(call);
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            const Scratch<Scalar> packed(call.arena, Packing::packed_size(s.taps() * In::channels, Channels));
            pack_weights<Scalar>(s.taps(), In::channels, Channels, parameters.weight.data(), packed.data());
            if constexpr (In::is_spikes) {
                const Listed listed(x, call.arena);
                spike_convolution<Scalar>(s, listed.active, packed.data(), y.data());
            } else {
                dense_convolution<Scalar>(s, x.data(), packed.data(), y.data());
            }
        }
    };
};

}  // namespace staa::inline STAA_ABI
