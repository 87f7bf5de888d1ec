// expect: staa: a layer has no backward(x, dy, dx, gradients, tape, call) const for its maps
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

template <class In>
struct CopyOf : LayerDefaults<In> {
    using Output = In;
    static constexpr bool reads_input = false;
    void forward(const Analog<float>& x, Analog<float>& y, Nothing&, const Call& call) const { copy(x, y, call); }
    void infer(const Analog<float>& x, Analog<float>& y, Nothing&, const Call& call) const { copy(x, y, call); }
    static void copy(const Analog<float>& from, Analog<float>& to, const Call& call) {
        to.resize(call.arena, from.extents());
        std::copy_n(from.data(), from.extents().size(), to.data());
    }
};
struct Copy {
    template <class In>
    using at = CopyOf<In>;
};

using Net = Network<Frames<3, 8, 8>, Copy, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
