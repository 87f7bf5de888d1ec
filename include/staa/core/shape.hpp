// SPDX-License-Identifier: MIT
// The map between two layers as a type: its shape, its scalar and the kind of its signal.
#pragma once

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What the values of a map are. A convolution of spikes only adds, one of analog values multiplies.
enum class Signal {
    analog,  ///< real numbers: currents, pooled or summed spikes
    spikes   ///< zeros and ones, stored as bits
};

/// Whether a map changes from step to step.
enum class Over {
    time,    ///< one map per step
    nothing  ///< the same map at every step, stored and computed once: an image before the first neurons
};

/// Run-time sizes of a signal [steps, batch, height, width, channels]; the channel is the last index.
struct Extents {
    Index steps = 0, batch = 0, height = 0, width = 0, channels = 0;  ///< the extents, each 0 or more

    /// Images of all steps: steps · batch.
    constexpr Index images() const { return steps * batch; }
    /// Pixels of one map.
    constexpr Index map_pixels() const { return height * width; }
    /// Pixels of all maps.
    constexpr Index pixels() const { return images() * map_pixels(); }
    /// Values of one map.
    constexpr Index map_size() const { return map_pixels() * channels; }
    /// Values of all maps.
    constexpr Index size() const { return pixels() * channels; }
    constexpr bool operator==(const Extents&) const = default;
};

/// The type of a map [height, width, channels]. The scalar (float or double) is that of every parameter and analog
/// value computed from it. Steps and batch are run-time values.
template <int Channels, int Height, int Width, Signal Kind = Signal::analog, class Real = float,
          Over Varies = Over::time>
struct Map {
    static_assert(Channels > 0 && Height > 0 && Width > 0, "staa: a map needs at least one channel and one pixel");
    using Scalar = Real;
    static constexpr int channels = Channels;                     ///< channels of a pixel
    static constexpr int height = Height;                         ///< rows of pixels
    static constexpr int width = Width;                           ///< pixels of a row
    static constexpr Signal signal = Kind;                        ///< what the values are
    static constexpr Over varies = Varies;                        ///< whether the map changes from step to step
    static constexpr bool is_spikes = Kind == Signal::spikes;     ///< whether the values are spikes
    static constexpr bool is_constant = Varies == Over::nothing;  ///< whether the map is the same at every step

    /// Steps that are stored: 1 for a map that is the same at every step.
    static constexpr Index stored_steps(Index steps) { return is_constant ? 1 : steps; }
    /// The extents of the signal that is stored.
    static constexpr Extents extents(Index steps, Index batch) {
        return {stored_steps(steps), batch, Height, Width, Channels};
    }
};

/// A network's input: one image, shown at every step. Tensors [N, H, W, C].
template <int Channels, int Height, int Width, class Real = float>
using Image = Map<Channels, Height, Width, Signal::analog, Real, Over::nothing>;

/// A network's input: one frame per step, as from an event camera. Tensors [T, N, H, W, C].
template <int Channels, int Height, int Width, class Real = float>
using Frames = Map<Channels, Height, Width, Signal::analog, Real, Over::time>;

/// The map with another shape, as analog values.
template <class In, int Channels, int Height, int Width>
using Reshaped = Map<Channels, Height, Width, Signal::analog, typename In::Scalar, In::varies>;

/// The map as analog values.
template <class In>
using AsAnalog = Reshaped<In, In::channels, In::height, In::width>;

/// True for every `Map`: what a layer's `at<In>` takes.
template <class In>
concept IsMap = requires {
    typename In::Scalar;
    In::channels + In::height + In::width;
    In::signal;
};

}  // namespace STAA_ABI
}  // namespace staa
