// SPDX-License-Identifier: MIT
// What every kernel is tested with: both scalar types with SIMD and without, and sizes that fill no vector.
#pragma once

#include <string>
#include <vector>

#include "kernels/guarded_array.hpp"
#include "staa/core/simd.hpp"
#include "staa/kernels/convolution/convolution_geometry.hpp"

namespace staa_tests {

/// A scalar type and the instructions that a kernel is compiled for.
template <class Real, class Instructions>
struct On {
    using Scalar = Real;
    using Arch = Instructions;
};
using FloatSimd = On<float, staa::DefaultArch>;
using DoubleSimd = On<double, staa::DefaultArch>;
using FloatPlain = On<float, staa::Plain>;
using DoublePlain = On<double, staa::Plain>;

/// Around one and two words of bits, and around whole vectors.
inline constexpr Index odd_channels[] = {1, 3, 63, 64, 65, 130};

/// Pixels of maps of 1x1, 3x5 and 7x7.
inline constexpr Index odd_pixels[] = {1, 15, 49};

/// Silent, a usual layer, and every neuron.
inline constexpr double firing_rates[] = {0.0, 0.2, 1.0};

struct MapSize {
    Index height, width;
};
struct ChannelCounts {
    Index in, out;
};

inline staa::ConvolutionShape convolution_of(Index images, MapSize map, ChannelCounts channels, Index kernel,
                                             Index stride, Index padding) {
    const auto reach = [&](Index size) { return (size + 2 * padding - kernel) / stride + 1; };
    return {images,           map.height,   map.width, channels.in, reach(map.height),
            reach(map.width), channels.out, kernel,    stride,      padding};
}

/// Every map with every kernel and stride; 147 pixels are a whole tile and a part of one.
inline std::vector<staa::ConvolutionShape> convolution_geometries(Index in, Index out) {
    std::vector<staa::ConvolutionShape> shapes;
    for (const Index kernel : {1, 3, 7})
        for (const Index stride : {1, 2, 3})
            for (const auto& [height, width] : {std::pair<Index, Index>{1, 1}, {3, 5}, {7, 7}})
                shapes.push_back(convolution_of(3, {height, width}, {in, out}, kernel, stride, kernel / 2));
    shapes.push_back(convolution_of(2, {7, 7}, {in, out}, 3, 1, 0));
    shapes.push_back(convolution_of(2, {3, 5}, {in, out}, 3, 2, 2));
    return shapes;
}

/// Every geometry with few channels on either side, and every pair of channels on one geometry.
inline std::vector<staa::ConvolutionShape> convolution_cases() {
    std::vector<staa::ConvolutionShape> shapes = convolution_geometries(3, 65);
    const std::vector<staa::ConvolutionShape> narrowing = convolution_geometries(65, 3);
    shapes.insert(shapes.end(), narrowing.begin(), narrowing.end());
    for (const Index in : odd_channels)
        for (const Index out : odd_channels)
            shapes.push_back(convolution_of(1, {3, 5}, {in, out}, 3, 2, 1));
    shapes.push_back(convolution_of(3, {40, 40}, {5, 17}, 3, 1, 1));   // tasks that end inside an image
    shapes.push_back(convolution_of(1, {3, 600}, {3, 5}, 3, 1, 1));    // a line that is more than a task
    shapes.push_back(convolution_of(2, {9, 10}, {11, 16}, 3, 1, 1));   // 33 rows per line of taps, one vector wide
    shapes.push_back(convolution_of(1, {19, 18}, {8, 40}, 3, 2, 1));   // few channels, every second pixel
    shapes.push_back(convolution_of(3, {41, 30}, {2, 20}, 3, 1, 1));   // from an image, several tasks
    shapes.push_back(convolution_of(2, {20, 140}, {1, 70}, 3, 1, 1));  // one channel, a line that is more than a tile
    shapes.push_back(convolution_of(1, {3, 256}, {1, 5}, 3, 1, 1));    // lines that fill the memory of their products
    shapes.push_back(convolution_of(1, {12, 10}, {3, 65}, 7, 2, 3));   // from an image, a larger kernel and stride
    shapes.push_back(convolution_of(2, {9, 11}, {2, 5}, 2, 3, 0));     // pixels between the kernels
    shapes.push_back(convolution_of(2, {8, 9}, {1, 5}, 3, 1, 4));      // output pixels that read only the border
    shapes.push_back(convolution_of(3, {9, 9}, {200, 128}, 1, 2, 0));  // pixels that are not read
    shapes.push_back(convolution_of(3, {9, 9}, {192, 128}, 1, 2, 0));  // the same, channels of whole vectors
    shapes.push_back(convolution_of(2, {12, 11}, {65, 64}, 1, 1, 0));  // more pixels than a task has
    return shapes;
}

inline std::string describe(const staa::ConvolutionShape& s) {
    std::ostringstream text;
    text << s.images << " images " << s.in_height << "x" << s.in_width << ", channels " << s.in_channels << " to "
         << s.out_channels << ", kernel " << s.kernel << ", stride " << s.stride << ", padding " << s.padding;
    return text.str();
}

}  // namespace staa_tests
