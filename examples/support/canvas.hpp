// SPDX-License-Identifier: MIT
// A canvas for diagrams: draws lines with smooth edges, words and images.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "staa/core/tensor.hpp"
#include "support/stroke_font.hpp"

namespace example {

using Colour = std::array<double, 3>;  ///< red, green, blue, 0 to 255

/// Which part of a text lies at the point where it is written.
enum class Align { left, centre, right };

/// A white picture to draw on. Lengths are in pixels, y downwards from the top left corner.
class Canvas {
 public:
    Canvas(int height, int width) : pixels_(height, width, 3) { pixels_.setConstant(255); }

    /// The picture [H, W, 3].
    const staa::Tensor<std::uint8_t, 3>& pixels() const { return pixels_; }

    /// Draws a line through `points` with round ends and joints. Its edge is smooth: the share of the colour in a pixel
    /// follows from the distance of the pixel's middle to the edge.
    void stroke(const Stroke& points, double thickness, const Colour& colour) {
        const double reach = thickness / 2 + 1;
        const auto [west, east] =
            std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.x < b.x; });
        const auto [north, south] =
            std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.y < b.y; });
        for (int y = static_cast<int>(north->y - reach); y <= static_cast<int>(south->y + reach); ++y) {
            for (int x = static_cast<int>(west->x - reach); x <= static_cast<int>(east->x + reach); ++x) {
                double nearest = reach;
                for (std::size_t i = 1; i < points.size(); ++i) {
                    nearest = std::min(nearest, distance({x + 0.5, y + 0.5}, points[i - 1], points[i]));
                }
                blend(x, y, colour, std::clamp(thickness / 2 + 0.5 - nearest, 0.0, 1.0));
            }
        }
    }

    /// Draws a line with round ends.
    void line(Point from, Point to, double thickness, const Colour& colour) { stroke({from, to}, thickness, colour); }

    /// Draws a disc.
    void dot(Point middle, double diameter, const Colour& colour) { line(middle, middle, diameter, colour); }

    /// Writes `words` with capitals `height` pixels tall; `at` is on the base line.
    void text(Point at, std::string_view words, double height, const Colour& colour, Align align = Align::left) {
        const double unit = height / 10;
        const double share = align == Align::left ? 0 : align == Align::centre ? 0.5 : 1;
        double left = at.x - share * text_width(words, height);
        for (const char c : words) {
            const Letter letter = find_letter(c);
            for (Stroke points : letter.strokes) {
                for (Point& p : points) {
                    p = {left + p.x * unit, at.y - p.y * unit};
                }
                stroke(points, 0.125 * height, colour);
            }
            left += letter.advance * unit;
        }
    }

    /// Draws an image [H, W, 3] with its top left corner at (left, top). Each of its pixels becomes a square of `side`
    /// pixels.
    void image(int left, int top, const staa::Tensor<std::uint8_t, 3>& image, int side) {
        for (staa::Index y = 0; y < image.dimension(0) * side; ++y) {
            for (staa::Index x = 0; x < image.dimension(1) * side; ++x) {
                if (top + y < pixels_.dimension(0) && left + x < pixels_.dimension(1)) {
                    for (staa::Index c = 0; c < 3; ++c) {
                        pixels_(top + y, left + x, c) = image(y / side, x / side, c);
                    }
                }
            }
        }
    }

    /// The width of a text in pixels.
    static double text_width(std::string_view words, double height) {
        double units = -3;
        for (const char c : words) {
            units += find_letter(c).advance;
        }
        return std::max(units, 0.0) * height / 10;
    }

 private:
    /// The distance from `p` to the straight line segment between two points.
    static double distance(Point p, Point from, Point to) {
        const double dx = to.x - from.x, dy = to.y - from.y;
        const double length_squared = std::max(dx * dx + dy * dy, 1e-12);
        const double along = std::clamp(((p.x - from.x) * dx + (p.y - from.y) * dy) / length_squared, 0.0, 1.0);
        return std::hypot(p.x - from.x - along * dx, p.y - from.y - along * dy);
    }

    /// Mixes `share` of the colour into a pixel. Does nothing outside the picture.
    void blend(int x, int y, const Colour& colour, double share) {
        if (share <= 0 || x < 0 || y < 0 || x >= pixels_.dimension(1) || y >= pixels_.dimension(0)) {
            return;
        }
        for (int c = 0; c < 3; ++c) {
            std::uint8_t& value = pixels_(y, x, c);
            value =
                static_cast<std::uint8_t>(std::lround(value + share * (colour[static_cast<std::size_t>(c)] - value)));
        }
    }

    staa::Tensor<std::uint8_t, 3> pixels_;
};

}  // namespace example
