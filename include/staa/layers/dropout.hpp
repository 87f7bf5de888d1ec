// SPDX-License-Identifier: MIT
// Dropout: in training, neurons drawn at random send nothing, so that the layers after them rely on none of them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/core/bit_positions.hpp"
#include "staa/core/finite.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Dropout as PyTorch's, with one pattern per image that holds for all steps of a call, as in SpikingJelly:
///     y[t, n, i] = kept[n, i] · x[t, n, i] / (1 - p)      kept[n, i] is 0 with probability p, else 1; i: pixel and channel
/// [T, N, H, W, C] -> the same, analog whatever the input was: kept spikes are 1 / (1 - p). `infer` changes no value.
///
/// p is the member `probability`, 0.5 unless it is set after construction: net.layer<"name">().probability = 0.2;
/// forward draws the pattern from Call::random, in one thread, so it is the same for any number of threads. It is also the
/// same for any number of processes that share a batch (Call::share). Where
/// Call::random is null, the pattern that the tape holds stands; a tape without a pattern of this batch drops nothing.
struct Dropout {
    static constexpr const char* kind = "dropout";

    template <class In>
    class at : public LayerDefaults<In> {
     public:
        using Scalar = typename In::Scalar;
        using Output = AsAnalog<In>;
        static constexpr bool reads_input = false;

        struct Tape {
            Spikes kept;      ///< the pattern as bits [1, N, H, W, C]; no extents: nothing is dropped
            Scalar scale{1};  ///< 1 / (1 - p) of the draw
        };

        /// A probability outside [0, 1) is an Error.
        void forward(const SignalOf<In>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            if (!detail::is_within(probability, 0, 1) || probability == 1) {
                fail("staa::Dropout: probability is ", probability, "; it lies in [0, 1)");
            }
            if (call.random != nullptr) {
                draw(tape, call);
            } else if (tape.kept.extents() != pattern(call)) {
                drop_nothing(tape);
            }
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            keep(x, tape, y, call);
        }

        void infer(const SignalOf<In>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            keep(x, Tape{}, y, call);
        }

        /// dx = kept · dy / (1 - p), with the pattern of forward.
        void backward(const SignalOf<In>&, const Analog<Scalar>& dy, Analog<Scalar>* dx, Nothing&, Tape& tape,
                      const Call& call) const {
            if (dx != nullptr) {
                dx->resize(call.arena, In::extents(call.steps, call.batch));
                keep(dy, tape, *dx, call);
            }
        }

        double probability = 0.5;  ///< p, in [0, 1): the share of neurons that is dropped

     private:
        static constexpr Index map_pixels = Index{In::height} * In::width;
        static constexpr Index words = words_for(In::channels);

        static Extents pattern(const Call& call) { return {1, call.batch, In::height, In::width, In::channels}; }

        static void drop_nothing(Tape& tape) {
            tape.kept.release();
            tape.scale = Scalar(1);
        }

        void draw(Tape& tape, const Call& call) const {
            if (probability == 0) {
                drop_nothing(tape);
                return;
            }
            tape.kept.resize(call.arena, pattern(call));
            tape.scale = static_cast<Scalar>(1 / (1 - probability));
            const auto skip = [&](Index images) {
                call.random->skip(static_cast<std::uint64_t>(std::max<Index>(images, 0) * map_pixels * In::channels));
            };
            skip(call.share.first);  // the images of processes before this one
            for (Index pixel = 0; pixel < tape.kept.extents().pixels(); ++pixel) {
                for (Index c = 0; c < In::channels; ++c) {
                    if (call.random->uniform() >= probability) {
                        tape.kept.set(pixel, c);
                    }
                }
            }
            skip(call.share.total - call.share.first - call.batch);
        }

        /// to = kept · scale · from, image by image.
        template <class Signal>
        static void keep(const Signal& from, const Tape& tape, Analog<Scalar>& to, const Call& call) {
            const bool drops = tape.kept.extents() != Extents{};
            parallel_for(to.extents().images(), to.extents().map_size(), [&](Index image) {
                const std::uint64_t* kept = drops ? tape.kept.map(image % call.batch) : nullptr;
                for (Index pixel = 0; pixel < map_pixels; ++pixel) {
                    keep_pixel(from, image * map_pixels + pixel, kept, tape.scale,
                               to.map(image) + pixel * In::channels);
                    kept += drops ? words : 0;
                }
            });
        }

        /// One pixel, eight channels at a time. `kept` is null where nothing is dropped.
        static void keep_pixel(const Analog<Scalar>& from, Index pixel, const std::uint64_t* kept, Scalar scale,
                               Scalar* to) {
            const Scalar* values = from.data() + pixel * In::channels;
            if (kept == nullptr) {
                std::copy_n(values, In::channels, to);
                return;
            }
            for (Index c = 0; c < In::channels; c += 8) {
                const auto& bits = detail::numbers_of_byte<Scalar>[byte_of(kept, c)];
                for (Index i = 0; i < std::min<Index>(8, In::channels - c); ++i) {
                    to[c + i] = values[c + i] * (bits[static_cast<std::size_t>(i)] * scale);
                }
            }
        }
        static void keep_pixel(const Spikes& from, Index pixel, const std::uint64_t* kept, Scalar scale, Scalar* to) {
            const std::uint64_t* fired = from.data() + pixel * words;
            for (Index c = 0; c < In::channels; c += 8) {
                const std::size_t byte = byte_of(fired, c) & (kept == nullptr ? 255 : byte_of(kept, c));
                const auto& bits = detail::numbers_of_byte<Scalar>[byte];
                for (Index i = 0; i < std::min<Index>(8, In::channels - c); ++i) {
                    to[c + i] = bits[static_cast<std::size_t>(i)] * scale;
                }
            }
        }

        /// The bits of channels [c, c + 8).
        static std::size_t byte_of(const std::uint64_t* bits, Index c) { return bits[c / 64] >> (c % 64) & 255; }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
