// SPDX-License-Identifier: MIT
// Max pooling: the largest value of each window, so that a map becomes smaller.
#pragma once

#include <cstdint>
#include <type_traits>

#include "staa/kernels/maps/max_pooling.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The maximum over square windows, as PyTorch's MaxPool2d: [T, N, H, W, C] -> [T, N, H', W', C], with
/// H' = (H + 2·Padding - Window) / Stride + 1, rounded down. Padding counts as minus infinity. The gradient goes to the
/// maximum, of equal values to the first; NaN is larger than every number.
///
/// Spikes stay spikes: the maximum of zeros and ones is a bit, so a convolution after it only adds.
template <int Window, int Stride = Window, int Padding = 0>
struct MaxPool {
    static_assert(Window > 0 && Stride > 0, "staa::MaxPool: window and stride must be at least 1");
    static_assert(Padding >= 0 && 2 * Padding <= Window, "staa::MaxPool: the padding is at most half the window");
    static_assert(Window <= 256, "staa::MaxPool: the window is at most 256");
    static constexpr const char* kind = "max pooling";

    /// Rows or columns of the output for `size` of the input.
    static constexpr int pooled(int size) { return (size + 2 * Padding - Window) / Stride + 1; }

    template <class In>
    class at : public LayerDefaults<In> {
        static_assert(In::height + 2 * Padding >= Window && In::width + 2 * Padding >= Window,
                      "staa::MaxPool: the map is smaller than the window; take a smaller window");

     public:
        using Scalar = typename In::Scalar;
        using Output = Map<In::channels, pooled(In::height), pooled(In::width), In::signal, Scalar, In::varies>;

        /// Backward needs to know where each maximum was, and takes what needs less memory. Spikes, with their window, are 2
        /// bits per neuron: they are kept and looked through again. A map of float is 32 bits per value; the positions are
        /// 8 bits per value of the smaller output.
        static constexpr bool reads_input = In::is_spikes;

        /// The place of a maximum in its window.
        using Position = std::conditional_t<(Window <= 16), std::uint8_t, std::uint16_t>;
        struct Tape {
            Buffer<Position> positions;  ///< [T, N, H', W', C] in the window, line by line; not of spikes
        };

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            tape.positions.resize(call.arena, y.extents().size());
            max_pool(shape(call), x.data(), y.data(), tape.positions.data());
        }
        /// The window of x, if there is one, becomes that of y: y's gradient is that of the neuron that it goes to.
        void forward(const Spikes& x, Spikes& y, Tape&, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            if (x.window() != nullptr) {
                y.add_window(call.arena);
            }
            max_pool_spikes(shape(call), x.data(), x.window(), y.data(), y.window());
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            max_pool(shape(call), x.data(), y.data(), static_cast<Position*>(nullptr));
        }
        void infer(const Spikes& x, Spikes& y, Nothing&, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            max_pool_spikes(shape(call), x.data(), nullptr, y.data(), nullptr);
        }

        /// dx = dy at the maximum of each window, summed where windows overlap, else 0.
        void backward([[maybe_unused]] const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Nothing&,
                      [[maybe_unused]] Tape& tape, const Call& call) const {
            if (dx == nullptr) {
                return;
            }
            dx->resize(call.arena, In::extents(call.steps, call.batch));
            if constexpr (In::is_spikes) {
                max_pool_spikes_gradient(shape(call), x.data(), dy.data(), dx->data());
            } else {
                max_pool_gradient(shape(call), tape.positions.data(), dy.data(), dx->data());
            }
        }

     private:
        static PoolingShape shape(const Call& call) {
            return {In::stored_steps(call.steps) * call.batch,
                    In::height,
                    In::width,
                    Output::height,
                    Output::width,
                    In::channels,
                    Window,
                    Stride,
                    Padding,
                    false};
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
