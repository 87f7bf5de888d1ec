// SPDX-License-Identifier: MIT
// What the wrong networks would be without their mistake; without it, a refusal would prove nothing.
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, Lif<>, Residual<Conv2d<16>, BatchNorm>, StaaLif<>,
                    Residual<Conv2d<32, 3, 2>, BatchNorm, StaaLif<>, Conv2d<32>, BatchNorm,
                             Shortcut<AvgPool<2>, Conv2d<32, 1>, BatchNorm>>,
                    StaaLif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
auto logits = net.infer(Tensor<float, 4>(1, 32, 32, 3));
