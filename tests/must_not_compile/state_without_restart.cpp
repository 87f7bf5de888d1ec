// expect: staa: a layer has a State without restart(), which begins a stream anew
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

template <class In>
struct CopyOf : LayerDefaults<In> {
    struct State {
        Index step = 0;
    };
    using Output = In;
    static constexpr bool reads_input = false;
    void forward(const Analog<float>& x, Analog<float>& y, Nothing&, const Call& call) const { copy(x, y, call); }
    void infer(const Analog<float>& x, Analog<float>& y, State&, const Call& call) const { copy(x, y, call); }
    void backward(const Analog<float>&, const Analog<float>& dy, Analog<float>* dx, Nothing&, Nothing&,
                  const Call& call) const {
        copy(dy, *dx, call);
    }
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
