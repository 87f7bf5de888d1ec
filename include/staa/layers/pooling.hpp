// SPDX-License-Identifier: MIT
// Average pooling: over windows that make a map smaller, or over the whole map.
#pragma once

#include <algorithm>

#include "staa/kernels/maps/pooling.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What happens at the right and lower edge where the windows don't cover the map exactly.
enum class Edge {
    cut,      ///< pixels without a whole window are left out; padding counts as zeros (PyTorch's default)
    average,  ///< a window over the edge averages the pixels that it has (ceil_mode, count_include_pad = False)
};

namespace detail {

/// Pools `In` to Height x Width. The two pooling layers share all but the window, which Window::apply describes.
template <class In, int Height, int Width, class Window>
class Pooling : public LayerDefaults<In> {
 public:
    using Output = Reshaped<In, In::channels, Height, Width>;
    using Scalar = typename In::Scalar;
    static constexpr bool reads_input = false;

    void forward(const SignalOf<In>& x, Analog<Scalar>& y, Nothing&, const Call& call) const { pool(x, y, call); }
    void infer(const SignalOf<In>& x, Analog<Scalar>& y, Nothing&, const Call& call) const { pool(x, y, call); }

    void backward(const SignalOf<In>&, const Analog<Scalar>& dy, Analog<Scalar>* dx, Nothing&, Nothing&,
                  const Call& call) const {
        if (dx != nullptr) {
            dx->resize(call.arena, In::extents(call.steps, call.batch));
            average_pool_gradient<Scalar>(shape(call), dy.data(), dx->data());
        }
    }

 private:
    static PoolingShape shape(const Call& call) {
        PoolingShape s{In::stored_steps(call.steps) * call.batch,
                       In::height,
                       In::width,
                       Height,
                       Width,
                       In::channels,
                       0,
                       0,
                       0,
                       false};
        Window::apply(s);
        return s;
    }

    static void pool(const SignalOf<In>& x, Analog<Scalar>& y, const Call& call) {
        y.resize(call.arena, Output::extents(call.steps, call.batch));
        average_pool<Scalar>(shape(call), x.data(), y.data());
    }
};

}  // namespace detail

/// The average over square windows. Analog or spikes [T, N, H, W, C] -> analog [T, N, H', W', C], with
/// H' = (H + 2·Padding - Window) / Stride + 1, rounded down for Edge::cut and up for Edge::average.
template <int Window, int Stride = Window, int Padding = 0, Edge AtEdge = Edge::cut>
struct AvgPool {
    static constexpr const char* kind = "average pooling";

    static_assert(Window > 0 && Stride > 0, "staa::AvgPool: window and stride must be at least 1");
    static_assert(Padding >= 0 && 2 * Padding <= Window, "staa::AvgPool: the padding is at most half the window");
    static_assert(AtEdge == Edge::cut || (Padding == 0 && Window == Stride),
                  "staa::AvgPool: Edge::average is for windows side by side, stride = window, without padding");

    /// H' for H, or W' for W.
    static constexpr int pooled(int size) {
        const int room = size + 2 * Padding - Window;
        return (AtEdge == Edge::cut ? room : room + Stride - 1) / Stride + 1;
    }
    /// Writes the window to the shape that the kernel takes.
    static void apply(PoolingShape& s) {
        s.window = Window;
        s.stride = Stride;
        s.padding = Padding;
        s.count_padding = AtEdge == Edge::cut;
    }

    template <class In>
    class at : public detail::Pooling<In, pooled(In::height), pooled(In::width), AvgPool> {
        static_assert(AtEdge == Edge::average ||
                          (In::height + 2 * Padding >= Window && In::width + 2 * Padding >= Window),
                      "staa::AvgPool: the map is smaller than the window; take a smaller window, or Edge::average");
    };
};

/// The average over the whole map. Analog or spikes [T, N, H, W, C] -> analog [T, N, 1, 1, C].
struct GlobalAvgPool {
    static constexpr const char* kind = "global average pooling";

    /// Writes the window to the shape that the kernel takes: one window, as large as the map.
    static void apply(PoolingShape& s) {
        s.window = s.stride = std::max(s.in_height, s.in_width);
        s.padding = 0;
        s.count_padding = false;
    }
    template <class In>
    using at = detail::Pooling<In, 1, 1, GlobalAvgPool>;
};

}  // namespace STAA_ABI
}  // namespace staa
