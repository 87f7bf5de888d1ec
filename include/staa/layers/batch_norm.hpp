// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "staa/kernels/convolution/output_gradient.hpp"
#include "staa/kernels/maps/channel_sums.hpp"
#include "staa/kernels/maps/channels.hpp"
#include "staa/layers/contract.hpp"
#include "staa/layers/neurons/currents.hpp"
#include "staa/layers/shared_statistics.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Batch norm with its statistics over T, N, H and W together:
///     y = weight · (x - mean) / sqrt(variance + 1e-5) + bias
/// If processes share a batch, the statistics are those of each process, or of all (ProcessGroup::shares_statistics).
/// Analog [T, N, H, W, C] -> the same. `infer` uses the running averages, which take in a tenth of each batch's
/// statistics (PyTorch's momentum 0.1, unbiased variance) when `absorb` is called. In training, a channel whose values
/// are all equal gives exactly its bias.
struct BatchNorm {
    static constexpr Role role = Role::channel_norm;
    static constexpr const char* kind = "norm";
    static constexpr double epsilon = 1e-5;  ///< is added to the variance: PyTorch's default
    static constexpr double momentum = 0.1;  ///< the part of a batch in the running averages: PyTorch's default

    template <class In>
    class at {
        static_assert(!In::is_spikes,
                      "staa::BatchNorm: its input is spikes, but it needs analog values; place it after a Conv2d");

     public:
        using Input = In;
        using Output = In;
        using Scalar = typename In::Scalar;
        using Channels = Tensor<Scalar, 1>;  ///< one value per channel [C]
        using State = Nothing;
        static constexpr bool reads_input = true;
        static constexpr bool remakes_maps = true;
        static constexpr Operations operations{};
        static constexpr Index parameter_count(Index) { return 2 * In::channels; }

        struct Parameters {
            Channels weight, bias;  ///< [channels]
        };
        /// Belongs to the weights but is not trained.
        struct Statistics {
            Channels mean, variance;   ///< [channels]
            std::int64_t batches = 0;  ///< how many were taken in
        };
        struct Tape {
            Channels mean, variance;  ///< of the batch, variance biased
            Channels scale, shift;    ///< y = scale · x + shift
            double count = 0;  ///< values per channel that they are of; a map that is equal at all steps counts once
            bool is_frozen = false;  ///< they are the running averages
        };

        at(const Setup&, Random&) {
            parameters = {filled<Scalar>(1, In::channels), filled<Scalar>(0, In::channels)};
            statistics = {filled<Scalar>(0, In::channels), filled<Scalar>(1, In::channels), 0};
        }

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            prepare(x, tape, call);
            normalise(x, y, tape.scale.data(), tape.shift.data(), call);
        }

        /// The batch's statistics, without the maps; `make_map` makes them.
        void prepare(const Analog<Scalar>& x, Tape& tape, const Call& call) const {
            tape.is_frozen = is_frozen;
            if (is_frozen) {
                tape.mean = statistics.mean;
                tape.variance = statistics.variance;
            } else {
                tape.mean.resize(In::channels);
                tape.variance.resize(In::channels);
                channel_moments<Scalar>(call.arena, x.extents().pixels(), In::channels, x.data(), tape.mean.data(),
                                        tape.variance.data());
                tape.count = static_cast<double>(x.extents().pixels());
                if (shares_statistics(call)) {
                    tape.count = share_moments<Scalar>(*call.group, In::channels, tape.count, statistics.mean.data(),
                                                       tape.mean.data(), tape.variance.data());
                }
            }
            make_affine(tape);
        }

        /// Map `image` of what `forward` gives, written to y [H, W, C] or added to it.
        void make_map(const Analog<Scalar>& x, const Tape& tape, Index image, Write how, Scalar* y) const {
            scale_channels<Scalar>(x.extents().map_pixels(), In::channels, x.map(image), tape.scale.data(),
                                   tape.shift.data(), y, how == Write::add);
        }

        /// What `prepare` leaves, for neurons: they scale and shift on the way.
        Currents<Scalar> currents(const Analog<Scalar>& x, const Tape& tape) const {
            return Currents<Scalar>::scaled(x, tape.scale.data(), tape.shift.data());
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, State&, const Call& call) const {
            const Scratch<Scalar> memory(call.arena, 2 * In::channels);
            affine(memory.data(), memory.data() + In::channels);
            normalise(x, y, memory.data(), memory.data() + In::channels, call);
        }

        /// What `infer` does to a channel: y = scale · x + shift. Both [channels].
        void affine(Scalar* scale, Scalar* shift) const { affine(statistics.mean, statistics.variance, scale, shift); }

        /// dx of `backward`, as what it is made of.
        class InputGradient {
         public:
            InputGradient(const Analog<Scalar>& x, const Analog<Scalar>& dy, Arena& arena)
                : x_(x), dy_(dy), memory_(arena, 3 * In::channels) {}
            Scalar* of_dy() const { return memory_.data(); }
            Scalar* of_x() const { return of_dy() + In::channels; }
            Scalar* shift() const { return of_x() + In::channels; }

            /// For the convolution before, which makes it on the way.
            OutputGradient<Scalar> parts() const { return {dy_.data(), of_dy(), x_.data(), of_x(), shift()}; }
            void make(Scalar* dx) const {
                combine_channels<Scalar>(x_.extents().pixels(), In::channels,
                                         {of_dy(), dy_.data(), of_x(), x_.data(), shift()}, dx);
            }

         private:
            const Analog<Scalar>& x_;
            const Analog<Scalar>& dy_;
            Scratch<Scalar> memory_;
        };

        /// With x^ = (x - mean) · r, r = 1/sqrt(variance + epsilon), m values per channel, and sums over them:
        ///     d_bias = sum dy,  d_weight = sum dy x^,  dx = weight · r · (dy - d_bias/m - x^ · d_weight/m)
        /// The last two terms are the paths through the batch's mean and variance. All but dx itself:
        InputGradient input_gradient(const Analog<Scalar>& x, const Analog<Scalar>& dy, Parameters& gradients,
                                     Tape& tape, const Call& call) const {
            const Index rows = x.extents().pixels();
            const Scratch<Scalar> sums(call.arena, 2 * In::channels);
            Scalar* sum = sums.data();
            Scalar* product = sum + In::channels;
            channel_gradients<Scalar>(call.arena, rows, In::channels, x.data(), tape.mean.data(), dy.data(),
                                      {sum, product});
            for (Index c = 0; c < In::channels; ++c) {
                gradients.bias(c) += sum[c];
                gradients.weight(c) += product[c] * inverse_deviation(tape.variance(c));
            }
            if (!tape.is_frozen && shares_statistics(call)) {
                share_sums<Scalar>(*call.group, 2 * In::channels, sum);
            }
            InputGradient dx(x, dy, call.arena);
            const Scalar share = tape.is_frozen ? Scalar(0) : Scalar(1) / static_cast<Scalar>(tape.count);
            for (Index c = 0; c < In::channels; ++c) {
                const Scalar r = inverse_deviation(tape.variance(c));
                dx.of_dy()[c] = parameters.weight(c) * r;
                dx.of_x()[c] = -dx.of_dy()[c] * r * r * product[c] * share;
                dx.shift()[c] = -dx.of_dy()[c] * sum[c] * share - dx.of_x()[c] * tape.mean(c);
            }
            return dx;
        }

        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            const InputGradient made = input_gradient(x, dy, gradients, tape, call);
            if (dx != nullptr) {
                dx->resize(call.arena, x.extents());
                made.make(dx->data());
            }
        }

        void absorb(const Tape& tape, const Call& call) {
            if (tape.is_frozen) {
                return;
            }
            const double count = tape.count * static_cast<double>(call.steps / In::stored_steps(call.steps));
            const auto unbiased = static_cast<Scalar>(count > 1 ? count / (count - 1) : 1.0);
            const auto rate = static_cast<Scalar>(momentum);
            if (call.group != nullptr && !call.group->shares_statistics()) {
                absorb_rank_by_rank(tape, unbiased, *call.group);
                return;
            }
            for (Index c = 0; c < In::channels; ++c) {
                statistics.mean(c) += rate * (tape.mean(c) - statistics.mean(c));
                statistics.variance(c) += rate * (tape.variance(c) * unbiased - statistics.variance(c));
            }
            ++statistics.batches;
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visitor(ParameterName{prefix + "weight", Layout::same, {In::channels}}, self.parameters.weight,
                    trees.weight...);
            visitor(ParameterName{prefix + "bias", Layout::same, {In::channels}}, self.parameters.bias, trees.bias...);
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            visitor(ParameterName{prefix + "running_mean", Layout::same, {In::channels}}, self.statistics.mean);
            visitor(ParameterName{prefix + "running_var", Layout::same, {In::channels}}, self.statistics.variance);
            visitor(ParameterName{prefix + "num_batches_tracked", Layout::same, {}}, self.statistics.batches);
        }

        Parameters parameters;
        Statistics statistics;
        /// For fine-tuning: forward normalises by the running averages, as `infer` does, and leaves them as they are. Weight
        /// and bias are still trained.
        bool is_frozen = false;

     private:
        static bool shares_statistics(const Call& call) {
            return call.group != nullptr && call.group->shares_statistics();
        }

        /// `absorb` of the batches of all processes, one after the other in the order of the ranks.
        void absorb_rank_by_rank(const Tape& tape, Scalar unbiased, ProcessGroup& group) {
            Channels variance = tape.variance * unbiased;
            absorb_of_all<Scalar>(group, In::channels, momentum, tape.mean.data(), statistics.mean.data());
            absorb_of_all<Scalar>(group, In::channels, momentum, variance.data(), statistics.variance.data());
            statistics.batches += group.size();
        }

        static Scalar inverse_deviation(Scalar variance) {
            return Scalar(1) / std::sqrt(variance + static_cast<Scalar>(epsilon));
        }

        void affine(const Channels& mean, const Channels& variance, Scalar* scale, Scalar* shift) const {
            for (Index c = 0; c < In::channels; ++c) {
                scale[c] = parameters.weight(c) * inverse_deviation(variance(c));
                shift[c] = parameters.bias(c) - mean(c) * scale[c];
            }
        }

        /// A channel whose values are all equal gives its bias, without the rounding of scale · x + shift.
        void make_affine(Tape& tape) const {
            tape.scale.resize(In::channels);
            tape.shift.resize(In::channels);
            affine(tape.mean, tape.variance, tape.scale.data(), tape.shift.data());
            for (Index c = 0; c < In::channels; ++c) {
                if (!tape.is_frozen && tape.variance(c) == Scalar(0)) {
                    tape.scale(c) = Scalar(0);
                    tape.shift(c) = parameters.bias(c);
                }
            }
        }

        static void normalise(const Analog<Scalar>& x, Analog<Scalar>& y, const Scalar* scale, const Scalar* shift,
                              const Call& call) {
            y.resize(call.arena, x.extents());
            combine_channels<Scalar>(x.extents().pixels(), In::channels, {scale, x.data(), nullptr, nullptr, shift},
                                     y.data());
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
