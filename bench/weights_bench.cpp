// SPDX-License-Identifier: MIT
// The packing of weights, and the small matrix products of attention and of the last layer.
#include <benchmark/benchmark.h>

#include "staa/kernels/maps/matrix_product.hpp"
#include "support/convolutions.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

/// The bytes of so many arrays of weights, without the zeros that packing adds.
Work packing_work(const Operands& o, double arrays) {
    return {.bytes = arrays * static_cast<double>(o.rows() * o.shape.out_channels) * sizeof(float)};
}

void pack(benchmark::State& state) {
    Operands o(shape_of(state));
    const ConvolutionShape& s = o.shape;
    measure(state, packing_work(o, 2), [&] {
        pack_convolution_weights<float>(s.kernel, s.in_channels, s.out_channels, o.weight.data(), nullptr,
                                        o.packed.data());
    });
}
BENCHMARK(pack)->Name("weights/pack")->Apply(at_layers);

void pack_transposed(benchmark::State& state) {
    Operands o(shape_of(state));
    const ConvolutionShape& s = o.shape;
    measure(state, packing_work(o, 2), [&] {
        pack_transposed_weights<float>(s.taps(), s.in_channels, s.out_channels, o.weight.data(), o.transposed.data());
    });
}
BENCHMARK(pack_transposed)->Name("weights/pack_transposed")->Apply(at_layers);

void add_packed(benchmark::State& state) {
    Operands o(shape_of(state));
    const ConvolutionShape& s = o.shape;
    measure(state, packing_work(o, 3), [&] {
        add_packed_weights<float>(s.taps(), s.in_channels, s.out_channels, o.packed.data(), o.weight.data());
    });
}
BENCHMARK(add_packed)->Name("weights/add_packed")->Apply(at_layers);

/// Operands of y [rows, out] = x [rows, in] · weight [in, out].
struct Matrices {
    explicit Matrices(const benchmark::State& state)
        : rows(state.range(0)),
          in(state.range(1)),
          out(state.range(2)),
          x(random_values(arena, rows * in)),
          y(random_values(arena, rows * out)),
          weight(random_values(arena, in * out)) {}

    Work work() const {
        const Index values = rows * in + rows * out + in * out;
        return {2.0 * static_cast<double>(rows * in * out), static_cast<double>(values) * sizeof(float)};
    }

    Arena arena;
    Index rows, in, out;
    Scratch<float> x, y, weight;
};

/// 64 rows, one per step and image. The hidden layers of global context and step attention, to a quarter of the
/// channels and back, and the last layers for 10 and 100 classes.
void at_matrices(benchmark::internal::Benchmark* b) {
    timed(b)->ArgNames({"rows", "in", "out"});
    for (const std::int64_t channels : {16, 64, 128, 256, 512}) {
        b->Args({64, channels, channels / 4});
        b->Args({64, channels / 4, channels});
    }
    b->Args({64, 512, 10})->Args({64, 512, 100});
}

void multiply(benchmark::State& state) {
    Matrices m(state);
    const auto packed = PackedMatrix<float>::forward(m.arena, m.in, m.out, m.weight.data());
    measure(state, m.work(), [&] { packed.multiply(m.rows, m.x.data(), m.y.data()); });
}
BENCHMARK(multiply)->Name("matrix/forward")->Apply(at_matrices);

void multiply_transposed(benchmark::State& state) {
    Matrices m(state);
    const auto packed = PackedMatrix<float>::transposed(m.arena, m.in, m.out, m.weight.data());
    measure(state, m.work(), [&] { packed.multiply(m.rows, m.y.data(), m.x.data()); });
}
BENCHMARK(multiply_transposed)->Name("matrix/input_gradient")->Apply(at_matrices);

void matrix_gradient(benchmark::State& state) {
    Matrices m(state);
    measure(state, m.work(),
            [&] { add_matrix_gradient<float>(m.arena, m.rows, m.in, m.out, m.x.data(), m.y.data(), m.weight.data()); });
}
BENCHMARK(matrix_gradient)->Name("matrix/weight_gradient")->Apply(at_matrices);

void sums_of_rows(benchmark::State& state) {
    Matrices m(state);
    const auto sums = random_values(m.arena, m.out);
    const double bytes = static_cast<double>(m.rows * m.out) * sizeof(float);
    measure(state, {.bytes = bytes}, [&] { add_row_sums<float>(m.rows, m.out, m.y.data(), sums.data()); });
}
BENCHMARK(sums_of_rows)->Name("matrix/row_sums")->Apply(at_matrices);

}  // namespace
