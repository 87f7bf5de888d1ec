// SPDX-License-Identifier: MIT
// Images of ten classes of shapes and textures, drawn from a seed: a data set that needs no files and no download.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/core/random.hpp"
#include "staa/data/image_data_set.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The functions that draw a synthetic image. A coverage, in [0, 1], is the share of a pixel that the figure covers.
/// Lengths are in pixels.
namespace synthetic {

/// The figure of a class: five shapes of one colour, and five textures of two colours on a patch. The mirror image of a
/// figure is of the same class, so that flips keep the class.
enum class Figure {
    disc,
    bar,
    triangle,
    ring,
    cross,
    horizontal_stripes,
    vertical_stripes,
    diagonal_stripes,
    checker,
    dots
};

/// The names of the figures, in their order.
inline constexpr std::array<std::string_view, 10> figure_names = {
    "disc",    "bar", "triangle", "ring", "cross", "horizontal stripes", "vertical stripes", "diagonal stripes",
    "checker", "dots"};

using Colour = std::array<double, 3>;  ///< red, green and blue, each from 0 to 1

/// A point of the picture.
struct Point {
    double x, y;  ///< in pixels
};

/// Place, size and rotation of a figure.
struct Pose {
    Point centre;         ///< in pixels
    double radius;        ///< in pixels
    double cosine, sine;  ///< of the angle of rotation

    /// The position (x, y) of the image in the coordinates of the figure.
    Point inside(double x, double y) const {
        const double dx = x - centre.x, dy = y - centre.y;
        return {cosine * dx + sine * dy, cosine * dy - sine * dx};
    }
};

/// The coverage of a pixel whose middle is at `distance` from the edge of a figure; a distance is negative inside.
inline double coverage(double distance) { return std::clamp(0.5 - distance, 0.0, 1.0); }

/// The distance of `p` from the middle of the figure.
inline double radius_of(Point p) { return std::sqrt(p.x * p.x + p.y * p.y); }

/// The signed distance from `p` to the edge of a rectangle, negative inside; approximate outside its corners.
inline double box(Point p, double half_width, double half_height) {
    return std::max(std::abs(p.x) - half_width, std::abs(p.y) - half_height);
}

/// The signed distance from `p` to the edge of one of the five shapes, negative inside; exact enough for the coverage.
inline double shape_distance(Figure shape, Point p, double radius) {
    switch (shape) {
        case Figure::bar:
            return box(p, radius, 0.35 * radius);
        case Figure::triangle:
            return std::max(p.y, 0.5 * (std::numbers::sqrt3 * std::abs(p.x) - p.y)) - 0.6 * radius;
        case Figure::ring:
            return std::abs(radius_of(p) - 0.78 * radius) - 0.22 * radius;
        case Figure::cross:
            return std::min(box(p, radius, 0.3 * radius), box(p, 0.3 * radius, radius));
        default:
            return radius_of(p) - radius;
    }
}

/// The coverage of stripes of equal width that repeat with `period` along `position`.
inline double stripes(double position, double period) {
    const double phase = position - period * std::floor(position / period);
    return coverage(std::abs(phase - 0.5 * period) - 0.25 * period);
}

/// The coverage of one of the five textures at `p`.
inline double texture(Figure kind, Point p, double period) {
    switch (kind) {
        case Figure::horizontal_stripes:
            return stripes(p.y, period);
        case Figure::checker: {
            const double across = stripes(p.x, 1.3 * period), down = stripes(p.y, 1.3 * period);
            return across + down - 2 * across * down;
        }
        case Figure::dots: {
            const double x = p.x - period * std::floor(p.x / period), y = p.y - period * std::floor(p.y / period);
            return coverage(radius_of({x - 0.5 * period, y - 0.5 * period}) - 0.3 * period);
        }
        default:
            return stripes(p.x, period);
    }
}

/// Whether the figure fills the picture.
inline bool is_texture(Figure figure) { return figure >= Figure::horizontal_stripes; }

/// Draws one image [side, side, 3] with the numbers of one random generator. No function call draws two of its
/// arguments, because compilers evaluate arguments in different orders.
class Painter {
 public:
    static constexpr int side = 32;  ///< rows and columns of a picture

    /// All that varies is drawn from `random`.
    explicit Painter(Random random) : random_(random) {}

    void paint(Figure figure, std::uint8_t* out) {
        paint_background();
        for (int i = 0; i < 4; ++i) {
            paint_clutter();
        }
        paint_figure(figure);
        write(out);
    }

    /// The coverage of the figure that `paint` drew, by pixel [side, side]; of a texture, that of its patch.
    const std::array<double, side * side>& figure_coverage() const { return figure_; }

 private:
    static double lightness(const Colour& colour) { return (colour[0] + colour[1] + colour[2]) / 3; }

    /// A random colour whose channels are below `limit`.
    Colour colour(double limit = 1) {
        return {random_.uniform(0, limit), random_.uniform(0, limit), random_.uniform(0, limit)};
    }

    Colour dark_colour() { return colour(0.5); }

    /// A random colour that is lighter than `darkness` by at least 0.35.
    Colour light_colour(double darkness) {
        Colour chosen = colour();
        while (lightness(chosen) < darkness + 0.35) {
            chosen = colour();
        }
        return chosen;
    }

    /// A random number in [-limit, limit).
    double turn(double limit) { return random_.uniform(-limit, limit); }

    /// A pose at a random place at least `margin` from the image's border, turned by `angle`.
    Pose pose(double radius, double angle, double margin) {
        const double x = random_.uniform(margin, side - margin), y = random_.uniform(margin, side - margin);
        return {{x, y}, radius, std::cos(angle), std::sin(angle)};
    }

    /// Mixes `paint` into each pixel by the coverage that `figure(x, y)` gives at its middle.
    template <class Coverage>
    void blend(const Colour& paint, const Coverage& figure) {
        for (int y = 0; y < side; ++y) {
            for (int x = 0; x < side; ++x) {
                const double part = figure(x + 0.5, y + 0.5);
                Colour& pixel = canvas_[static_cast<std::size_t>(y * side + x)];
                for (std::size_t c = 0; c < 3; ++c) {
                    pixel[c] += part * (paint[c] - pixel[c]);
                }
            }
        }
    }

    template <class Coverage>
    void keep_coverage(const Coverage& figure) {
        for (int i = 0; i < side * side; ++i) {
            figure_[static_cast<std::size_t>(i)] = figure(i % side + 0.5, i / side + 0.5);
        }
    }

    /// A dark colour that fades into another.
    void paint_background() {
        background_ = dark_colour();
        canvas_.fill(background_);
        const double slope_x = turn(0.4) / side, slope_y = turn(0.4) / side;
        blend(dark_colour(), [&](double x, double y) { return std::clamp(slope_x * x + slope_y * y, 0.0, 0.4); });
    }

    /// A small bar or blob, fainter than the figure.
    void paint_clutter() {
        const double thickness = random_.uniform(1, 2.5);
        const Pose at = pose(thickness, turn(std::numbers::pi), 0);
        const double length = at.radius * random_.uniform(1, 3);
        const double strength = random_.uniform(0.2, 0.6);
        blend(colour(),
              [&](double x, double y) { return strength * coverage(box(at.inside(x, y), length, at.radius)); });
    }

    void paint_figure(Figure figure) {
        if (is_texture(figure)) {
            paint_texture(figure);
        } else {
            paint_shape(figure);
        }
    }

    void paint_shape(Figure figure) {
        const double radius = random_.uniform(8, 12);
        const double quarter_turns = static_cast<double>(random_.below(4)) * std::numbers::pi / 2;
        const double angle = (figure == Figure::triangle ? 2 : 1) * quarter_turns + turn(0.1);
        const Pose at = pose(radius, angle, 11);
        const auto on_figure = [&](double x, double y) {
            return coverage(shape_distance(figure, at.inside(x, y), at.radius));
        };
        blend(light_colour(lightness(background_)), on_figure);
        keep_coverage(on_figure);
    }

    /// A light patch with the texture on it in a dark colour.
    void paint_texture(Figure figure) {
        const Figure outline = random_.below(2) == 0 ? Figure::disc : Figure::triangle;
        const double radius = random_.uniform(11, 16);
        const Pose patch = pose(radius, turn(0.1), 11);
        const double diagonal = random_.below(2) == 0 ? std::numbers::pi / 4 : -std::numbers::pi / 4;
        const Pose axes = pose(0, turn(0.1) + (figure == Figure::diagonal_stripes ? diagonal : 0), 0);
        const double period = random_.uniform(6, 9);
        const Colour dark = dark_colour();
        const Colour light = light_colour(std::max(lightness(dark), lightness(background_)));
        const auto on_patch = [&](double x, double y) {
            return coverage(shape_distance(outline, patch.inside(x, y), patch.radius));
        };
        blend(light, on_patch);
        keep_coverage(on_patch);
        blend(dark, [&](double x, double y) { return on_patch(x, y) * texture(figure, axes.inside(x, y), period); });
    }

    /// Adds noise to each value, rounds, and writes the bytes [side, side, 3] to `out`.
    void write(std::uint8_t* out) {
        const double noise = random_.uniform(0.02, 0.06);
        for (const Colour& pixel : canvas_) {
            for (const double value : pixel) {
                const double noisy = value + noise * random_.uniform(-1, 1);
                *out++ = static_cast<std::uint8_t>(std::clamp(noisy, 0.0, 1.0) * 255 + 0.5);
            }
        }
    }

    Random random_;
    Colour background_{};
    std::array<Colour, side * side> canvas_{};
    std::array<double, side * side> figure_{};
};

}  // namespace synthetic

/// A procedural data set with the interface of CIFAR-10: ten classes of 32 x 32 colour images. An image shows a light
/// figure of random place, size, angle and colour on a dark background with clutter and noise. A linear classifier
/// stays below 60 % (50 % with 30,000 training images); a small convolutional network passes 95 % with 6,000 training
/// images.
///
/// The same count, seed and split give the same images; with another mathematical library single bytes may be rounded
/// differently. A larger count adds images after the same first ones. Image `i` is of class i mod 10. An
/// `ImageDataSet`.
class SyntheticImages : public StoredImages {
 public:
    static constexpr int class_count = 10;  ///< the number of classes

    /// Draws `count` images. A count below 1 is an `Error`. The images of the two splits are drawn independently.
    explicit SyntheticImages(Index count, std::uint64_t seed = 1, Split split = Split::train)
        : StoredImages({side, side, class_count, statistics}, draw(checked(count), seed, split),
                       labels(checked(count))),
          root_(root(seed, split)) {}

    /// Where the figure of image `i` lies: the share of each pixel [32, 32] that it covers, in [0, 1]; of a texture, that
    /// of its patch. An `i` outside the set is an `Error`.
    std::array<double, 32 * 32> figure_coverage(Index i) const {
        if (i < 0 || i >= size()) {
            fail("staa::SyntheticImages::figure_coverage: image ", i, " of ", size());
        }
        std::array<std::uint8_t, 3 * 32 * 32> pixels{};
        synthetic::Painter painter(root_.split(static_cast<std::uint64_t>(i)));
        painter.paint(static_cast<synthetic::Figure>(i % class_count), pixels.data());
        return painter.figure_coverage();
    }

    /// The name of a class, for `label` in [0, 10).
    static constexpr std::string_view class_name(int label) {
        return synthetic::figure_names[static_cast<std::size_t>(label)];
    }

 private:
    static constexpr Index side = synthetic::Painter::side;
    static constexpr Normalisation statistics{{.36, .36, .36}, {.24, .24, .24}};

    static Index checked(Index count) {
        if (count < 1) {
            fail("a synthetic data set needs at least 1 image, found ", count);
        }
        return count;
    }

    static std::vector<int> labels(Index count) {
        std::vector<int> result(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < result.size(); ++i) {
            result[i] = static_cast<int>(i % class_count);
        }
        return result;
    }

    static std::vector<std::uint8_t> draw(Index count, std::uint64_t seed, Split split) {
        constexpr Index image_size = side * side * 3, operations_per_image = 100'000;
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * image_size));
        const Random all = root(seed, split);
        parallel_for(count, operations_per_image, [&](Index i) {
            synthetic::Painter(all.split(static_cast<std::uint64_t>(i)))
                .paint(static_cast<synthetic::Figure>(i % class_count), pixels.data() + i * image_size);
        });
        return pixels;
    }

    static Random root(std::uint64_t seed, Split split) { return Random(seed).split(split == Split::train ? 0 : 1); }

    Random root_;  ///< of the generators of all images
};

}  // namespace STAA_ABI
}  // namespace staa
