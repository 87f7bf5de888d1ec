// SPDX-License-Identifier: MIT
// Inference asks for memory in its first call only. A program of its own, for it counts every allocation: those through
// operator new, and those of Eigen, which go past it.
#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> allocations{0};
}

#define EIGEN_RUNTIME_NO_MALLOC
#define eigen_assert(condition) static_cast<void>((condition) ? 0 : static_cast<int>(++allocations))

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "support/catch.hpp"

// g++ 12 sees free meet operator new where it inlines one of the two.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    ++allocations;
    const auto step = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using namespace staa;

template <class In, class Neuron>
using Net = Network<In, Conv2d<16>, BatchNorm, Neuron,
                    Residual<Conv2d<70, 3, 2>, BatchNorm, Neuron, Conv2d<70>, BatchNorm,
                             Shortcut<AvgPool<2, 2, 0, Edge::average>, Conv2d<70, 1>, BatchNorm>>,
                    Neuron, GlobalAvgPool, Linear<10>>;

/// How many allocations a call makes.
template <class Call>
long counted(const Call& call) {
    Eigen::internal::set_is_malloc_allowed(false);
    const long before = allocations;
    call();
    const long made = allocations - before;
    Eigen::internal::set_is_malloc_allowed(true);
    return made;
}

template <class AnyNet>
typename AnyNet::Images random_images() {
    typename AnyNet::Images images;
    if constexpr (AnyNet::Input::is_constant) {
        images.resize(3, 9, 8, 3);
    } else {
        images.resize(4, 3, 9, 8, 3);
    }
    Random random(4);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<float>(random.normal());
    }
    return images;
}

template <class AnyNet>
void check_infer() {
    const AnyNet net(NetworkOptions{});
    State<AnyNet> state = net.start();
    const auto images = random_images<AnyNet>();
    CHECK(counted([&] { net.infer(images, state); }) > 0);
    CHECK(counted([&] { net.infer(images, state); }) == 0);
    CHECK(counted([&] { net.infer(images, state); }) == 0);
}

template <class AnyNet>
void check_step() {
    const AnyNet net(NetworkOptions{});
    State<AnyNet> state = net.start();
    Tensor<float, 4> frame(3, 9, 8, 3);
    frame.setConstant(0.7f);
    CHECK(counted([&] { net.step(frame, state); }) > 0);
    for (int further = 0; further < 3; ++further) {
        CHECK(counted([&] { net.step(frame, state); }) == 0);
    }
}

}  // namespace

TEST_CASE("the first call of infer allocates, no further one does") {
    check_infer<Net<Image<3, 9, 8>, StaaLif<>>>();
    check_infer<Net<Frames<3, 9, 8>, Lif<>>>();
    check_infer<Net<Frames<3, 9, 8>, StaaLif<Staa{.encoding_shape = EncodingShape::per_position}>>>();
}

TEST_CASE("the first step of a stream allocates, no further one does") {
    check_step<Net<Image<3, 9, 8>, StaaLif<>>>();
    check_step<Net<Frames<3, 9, 8>, Lif<>>>();
    check_step<Net<Frames<3, 9, 8>, StaaLif<Staa{.adaptive = Adaptive::per_neuron}>>>();
}
