// SPDX-License-Identifier: MIT
// Basic blocks, and stages of them: the pieces of residual networks.
#pragma once

#include "staa/layers/pooling.hpp"
#include "staa/networks/encoded_convolution.hpp"
#include "staa/networks/residual.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The shortcut of a basic block that halves the map: by average pooling, or by a convolution with stride 2.
template <int Channels>
using PooledShortcut = Shortcut<AvgPool<2, 2, 0, Edge::average>, ConvBn<Channels, 1>>;
template <int Channels>
using StridedShortcut = Shortcut<Named<"", ConvBn<Channels, 1, 2>>>;  ///< a shortcut with a convolution of stride 2

/// Two 3x3 convolutions. Neurons stand behind the first convolution and behind the sum with the shortcut. `Second` is
/// the Shortcut; without it the shortcut is the identity.
template <int Channels, class Neuron, template <int, int, int> class Convolution = ConvBn, int Stride = 1,
          class... Second>
using BasicBlock =
    Sequential<Named<"", Residual<Named<"conv1", Convolution<Channels, 3, Stride>>, Named<"lif1", Neuron>,
                                  Named<"conv2", Convolution<Channels, 3, 1>>, Second...>>,
               Named<"lif2", Neuron>>;

/// A basic block that halves the map and changes the number of channels. Its shortcut has an
/// average pool, or a convolution with stride 2.
template <int Channels, class Neuron, template <int, int, int> class Convolution = ConvBn>
using PooledBlock = BasicBlock<Channels, Neuron, Convolution, 2, PooledShortcut<Channels>>;
/// The same with a convolution of stride 2 in the shortcut.
template <int Channels, class Neuron, template <int, int, int> class Convolution = ConvBn>
using StridedBlock = BasicBlock<Channels, Neuron, Convolution, 2, StridedShortcut<Channels>>;

namespace detail {

/// @cond  Doxygen takes the recursion for one without an end.
/// A list with `Count` times the same layer.
template <class Layer, int Count, class... Layers>
struct Repeated : Repeated<Layer, Count - 1, Layer, Layers...> {};
template <class Layer, class... Layers>
struct Repeated<Layer, 0, Layers...> {
    using type = List<Layers...>;
};
/// @endcond

template <class Layers>
struct ChainOf;
template <class... Layers>
struct ChainOf<List<Layers...>> {
    using type = Sequential<Layers...>;
};

/// The blocks of all stages except the first, as a list. The first block of each stage halves the map and doubles the
/// channels.
template <template <int, class, template <int, int, int> class> class Halving, int Channels, class Neuron,
          template <int, int, int> class Convolution, int... Counts>
struct FurtherStages {
    using type = List<>;
};
template <template <int, class, template <int, int, int> class> class Halving, int Channels, class Neuron,
          template <int, int, int> class Convolution, int Count, int... Counts>
struct FurtherStages<Halving, Channels, Neuron, Convolution, Count, Counts...> {
    using type =
        typename Joined<List<Halving<Channels, Neuron, Convolution>>,
                        typename Repeated<BasicBlock<Channels, Neuron, Convolution>, Count - 1>::type,
                        typename FurtherStages<Halving, 2 * Channels, Neuron, Convolution, Counts...>::type>::type;
};

}  // namespace detail

/// Stages of basic blocks in one chain. The first stage has `Count` blocks of `Width` channels. `Counts` are the
/// numbers of blocks of the further stages; each has twice the channels and half the map of the stage before. `Halving`
/// is the first block of a further stage: PooledBlock or StridedBlock.
template <template <int, class, template <int, int, int> class> class Halving, int Width, class Neuron,
          template <int, int, int> class Convolution, int Count, int... Counts>
using Stages = typename detail::ChainOf<typename detail::Joined<
    typename detail::Repeated<BasicBlock<Width, Neuron, Convolution>, Count>::type,
    typename detail::FurtherStages<Halving, 2 * Width, Neuron, Convolution, Counts...>::type>::type>::type;

}  // namespace STAA_ABI
}  // namespace staa
