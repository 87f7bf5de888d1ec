// SPDX-License-Identifier: MIT
// The convolution layer, for analog maps and for spikes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>

#include "staa/kernels/convolution/convolution.hpp"
#include "staa/layers/contract.hpp"
#include "staa/layers/convolution/convolution_gradient.hpp"
#include "staa/layers/convolution/packed_convolution.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Convolution with zero padding Kernel / 2 and without bias, since a batch norm follows:
///     y[t, n, oy, ox, o] = sum over ky, kx, i of x[t, n, oy·s + ky - k/2, ox·s + kx - k/2, i] · weight[ky, kx, i, o]
/// [T, N, H, W, C] -> [T, N, ceil(H / Stride), ceil(W / Stride), Channels]. From spikes it only adds weights, and only
/// where there is a spike. An image that is the same at every step is convolved once.
template <int Channels, int Kernel = 3, int Stride = 1>
struct Conv2d {
    static constexpr Role role = Role::convolution;
    static constexpr const char* kind = "convolution";

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
        static constexpr bool reads_input = true;
        static constexpr Index weights = Index{Kernel} * Kernel * In::channels * Channels;
        /// Products for one image and step.
        static constexpr Index products = weights * Output::height * Output::width;
        /// What one image and step cost.
        static constexpr Operations operations =
            In::is_spikes ? Operations{.accumulates = products} : Operations{.multiply_accumulates = products};
        static constexpr Index parameter_count(Index) { return weights; }
        /// Whether `maps` exists: for smaller maps it would read the weights too often.
        static constexpr bool infers_maps = Output::height * Output::width >= 2 * convolution_tile;

     private:
        static constexpr ConvolutionShape shape_of(Index images) {
            return {.images = images,
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

        /// Whether its fastest forward kernel looks up tables of weights.
        static constexpr bool has_tables =
            In::is_spikes && fits_tables(shape_of(1)) &&
            detail::tables_are_fastest(Channels, WeightTables<Scalar>::size(Kernel, In::channels, Channels) *
                                                     static_cast<Index>(sizeof(Scalar)));

        using Packed = PackedConvolution<Scalar, has_tables>;

     public:
        /// The kernel's width and height, and the stride, in pixels.
        static constexpr int kernel = Kernel, stride = Stride;

        struct Parameters {
            Tensor<Scalar, 4> weight;  ///< [kernel, kernel, in, out]
        };
        struct Tape {
            ConvolutionUse use;  ///< which kernels ran
        };
        /// The weights as the kernels read them, together with the batch norm that follows. They are packed in the
        /// first call; copies of a stream share them.
        struct State {
            /// The weights as the kernels read them; null before the first call.
            std::shared_ptr<const Packed> packed;
            /// A convolution keeps nothing of a stream.
            void restart() {}
        };

        at(const Setup& setup, Random& random) : choice(setup.convolution) {
            parameters.weight.resize(Kernel, Kernel, In::channels, Channels);
            if (setup.initialisation == Initialisation::he_fan_out) {
                initialise_normal(parameters.weight, std::sqrt(2.0 / (Kernel * Kernel * Channels)), random);
            } else {
                initialise_uniform(parameters.weight, Kernel * Kernel * In::channels, random);
            }
        }

        void forward(const SignalOf<In>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            const Scratch<Scalar> packed(
                call.arena, kernel_weights_size<Scalar>(takes_tables(choice), Kernel, In::channels, Channels));
            make_kernel_weights<has_tables>(takes_tables(choice), Kernel, In::channels, Channels,
                                            parameters.weight.data(), nullptr, packed.data());
            convolve(x, packed.data(), nullptr, y, &tape.use, call);
        }

        /// With `norm`, this layer and the batch norm after it: its scale is multiplied into the weights, its shift is
        /// a bias.
        template <class... Norm>
        void infer(const SignalOf<In>& x, Analog<Scalar>& y, State& state, const Call& call,
                   const Norm&... norm) const {
            pack(state, call, norm...);
            convolve(x, state.packed->weights(), state.packed->bias(), y, nullptr, call);
        }

        /// `infer` map by map. Returns a function that writes the map of an image: maps(image, y).
        template <class... Norm>
        auto maps(const SignalOf<In>& x, State& state, const Call& call,
                  const Norm&... norm) const requires infers_maps {
            pack(state, call, norm...);
            return [packed = state.packed.get(), s = shape(call), source = Source(x, choice, nullptr, call)](
                       Index image, Scalar* y) { source.convolve(s, image, 1, packed->weights(), packed->bias(), y); };
        }

        /// dx = dy convolved with the weights turned by 180 degrees; d_weight = x correlated with dy. Where x carries
        /// the window of a surrogate, dx may be 0 outside it.
        void backward(const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            const Gradient gradient(*this, shape(call), x, dx != nullptr, tape.use, call);
            gradient.run({dy.data()}, gradients.weight.data(), dx);
        }

        /// The same for a dy that is not computed yet, such as BatchNorm's InputGradient. If all kernels of this call
        /// can compute dy tile by tile they do, otherwise it is made first.
        template <class Unmade>
            requires requires(const Unmade& dy, Scalar* to) {
                dy.parts();
                dy.make(to);
            }
        void backward(const SignalOf<In>& x, const Unmade& dy, Analog<Scalar>* dx, Parameters& gradients, Tape& tape,
                      const Call& call) const {
            const Gradient gradient(*this, shape(call), x, dx != nullptr, tape.use, call);
            if (gradient.reads_tiles()) {
                gradient.run(dy.parts(), gradients.weight.data(), dx);
            } else {
                const Scratch<Scalar> made(call.arena, Output::extents(call.steps, call.batch).size());
                dy.make(made.data());
                gradient.run({made.data()}, gradients.weight.data(), dx);
            }
        }

        /// Shows nothing: a loaded stream packs the weights of its network again.
        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState&, Index, const std::string&, Visitor&, StepVisitor&) {}

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visitor(ParameterName{prefix + "weight", Layout::convolution, {Channels, In::channels, Kernel, Kernel}},
                    self.parameters.weight, trees.weight...);
        }

        Parameters parameters;
        ConvolutionChoice choice;

     private:
        using Gradient = detail::ConvolutionGradient<at, Channels, Kernel, Stride>;
        static constexpr bool fits_lists = ActiveChannels::holds(In::width, In::channels);

        static ConvolutionShape shape(const Call& call) {
            constexpr Index most = std::numeric_limits<std::int32_t>::max() / (Index{In::height} * In::width);
            if (In::stored_steps(call.steps) * call.batch > most) {
                fail("staa::Conv2d: ", call.steps, " steps of ", call.batch, " images of ", In::height, " x ",
                     In::width, " are more than 2^31 pixels; take smaller batches");
            }
            return shape_of(In::stored_steps(call.steps) * call.batch);
        }

        /// The input as the forward kernels read it: spikes as bits, lists or numbers, in memory of the call.
        class Source {
         public:
            /// Chooses the kernel. `asked` receives what was measured and chosen; it may be null.
            Source(const SignalOf<In>& x, ConvolutionChoice choice, ConvolutionUse* asked, const Call& call) {
                ConvolutionUse unasked;
                ConvolutionUse& use = asked != nullptr ? *asked : unasked;
                if constexpr (has_tables) {
                    if (takes_tables(choice)) {
                        use.forward = ConvolutionKernel::tables;
                        use.firing_rate = asked != nullptr ? share_of_active(x) : 0.0;
                        bits_ = x.data();
                        return;
                    }
                }
                use.firing_rate = share_of_active(x);
                use.forward = detail::lists_or_dense(fits_lists, choice, use.firing_rate, forward_limit);
                if (use.forward == ConvolutionKernel::lists) {
                    const Index images = shape(call).images;
                    lists_.emplace(call.arena, images, In::width, In::height * In::width, In::channels);
                    active_ = lists_->list(x.data());
                } else if constexpr (In::is_spikes) {
                    numbers_.emplace(x, call.arena);
                    values_ = numbers_->values.data();
                } else {
                    values_ = x.data();
                }
            }

            /// Writes y of images [first, first + count).
            void convolve(ConvolutionShape s, Index first, Index count, const Scalar* packed, const Scalar* bias,
                          Scalar* y) const {
                s.images = count;
                if constexpr (has_tables) {
                    if (bits_ != nullptr) {
                        const Index words = In::height * In::width * words_for(In::channels);
                        table_convolution<Scalar>(s, bits_ + first * words, packed, bias, y);
                        return;
                    }
                }
                if (lists_) {
                    spike_convolution<Scalar>(s, active_.from(first), packed, bias, y);
                } else {
                    dense_convolution<Scalar>(s, values_ + first * In::height * In::width * In::channels, packed, bias,
                                              y);
                }
            }

         private:
            using Memory = std::conditional_t<In::is_spikes, ActiveChannelsMemory, ActiveValuesMemory<Scalar>>;
            static constexpr detail::SparseLimits limits = detail::sparse_limits(Channels);
            static constexpr double forward_limit = In::is_spikes ? limits.forward : limits.analog_forward;

            static double share_of_active(const Spikes& x) { return x.firing_rate(); }
            static double share_of_active(const Analog<Scalar>& x) {
                return active_share<Scalar>(x.data(), x.extents().size());
            }

            std::optional<Memory> lists_;
            std::optional<detail::SpikeNumbers<Scalar>> numbers_;
            std::conditional_t<In::is_spikes, ActiveChannels, ActiveValues<Scalar>> active_{};
            const Scalar* values_ = nullptr;
            const std::uint64_t* bits_ = nullptr;
        };

        static bool takes_tables(ConvolutionChoice choice) {
            return has_tables && choice == ConvolutionChoice::by_rate;
        }

        /// Packs the weights, and the batch norm `norm` if there is one, unless the state holds those of this revision.
        template <class... Norm>
        void pack(State& state, const Call& call, const Norm&... norm) const {
            static_assert(sizeof...(Norm) <= 1);
            if (state.packed == nullptr || call.revision == 0 || state.packed->revision() != call.revision ||
                state.packed->are_tables() != takes_tables(choice)) {
                state.packed = std::make_shared<Packed>(call.revision, takes_tables(choice), Kernel, In::channels,
                                                        Channels, parameters.weight.data(), norm...);
            }
        }

        void convolve(const SignalOf<In>& x, const Scalar* packed, const Scalar* bias, Analog<Scalar>& y,
                      ConvolutionUse* use, const Call& call) const {
            const ConvolutionShape s = shape(call);
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            Source(x, choice, use, call).convolve(s, 0, s.images, packed, bias, y.data());
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
