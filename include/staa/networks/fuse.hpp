// SPDX-License-Identifier: MIT
// The rules of fusion: they turn a flat list of layers into a list of blocks, from the first layer to the last. Of
// several rules that fit, the longest counts. residual.hpp has one more rule, for neurons behind a Residual.
// `plan<Net>()` returns the result as a text.
//
//     convolution, channel_norm, neurons    ConvNormNeuron
//     convolution, channel_norm             ConvNorm
//     convolution, neurons                  ConvNeuron
//     channel_norm, neurons                 NormNeuron
//     every other layer                     runs for itself
#pragma once

#include "staa/networks/blocks/conv_neuron.hpp"
#include "staa/networks/blocks/conv_norm.hpp"
#include "staa/networks/blocks/conv_norm_neuron.hpp"
#include "staa/networks/blocks/norm_neuron.hpp"
#include "staa/networks/fusible.hpp"
#include "staa/networks/row.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

template <class Description>
concept IsConvolution = role_of<Description>()
== Role::convolution;
template <class Description>
concept IsChannelNorm = role_of<Description>()
== Role::channel_norm;
template <class Description>
concept IsNeurons = role_of<Description>()
== Role::neurons;

/// The blocks of `Layers` with the input map In, as a list.
template <class In, class... Layers>
struct Fuse {
    using blocks = List<>;
};
/// A block, then the blocks of the other layers. Their input is the output of the block.
template <class Block, class... Rest>
struct Then {
    using blocks = typename Joined<List<Block>, typename Fuse<typename Block::Output, Rest...>::blocks>::type;
};

template <class In, class Layer, class... Rest>
struct Fuse<In, Layer, Rest...> : Then<LayerOn<Layer, In>, Rest...> {};

template <class In, IsConvolution Conv, IsChannelNorm Norm, class... Rest>
struct Fuse<In, Conv, Norm, Rest...> : Then<BlockOf<ConvNorm, In, Conv, Norm>, Rest...> {};

template <class In, IsConvolution Conv, IsChannelNorm Norm, IsNeurons Neuron, class... Rest>
struct Fuse<In, Conv, Norm, Neuron, Rest...> : Then<BlockOf<ConvNormNeuron, In, Conv, Norm, Neuron>, Rest...> {};

template <class In, IsConvolution Conv, IsNeurons Neuron, class... Rest>
struct Fuse<In, Conv, Neuron, Rest...> : Then<BlockOf<ConvNeuron, In, Conv, Neuron>, Rest...> {};

template <class In, IsChannelNorm Norm, IsNeurons Neuron, class... Rest>
struct Fuse<In, Norm, Neuron, Rest...> : Then<BlockOf<NormNeuron, In, Norm, Neuron>, Rest...> {};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
