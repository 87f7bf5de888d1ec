// SPDX-License-Identifier: MIT
// Draws the learning curves of a run: loss and accuracy over epochs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/io/image.hpp"
#include "support/canvas.hpp"

namespace example {

/// One line of a diagram: its value after epoch 1, 2, ...
struct Curve {
    std::string name;
    Colour colour;
    std::vector<double> values;
};

/// A diagram of curves over epochs.
struct Diagram {
    std::string title;
    int decimals = 2;  ///< of the numbers at the ends of the curves
    std::vector<Curve> curves;
};

/// The distance between two ticks of an axis: 1, 2 or 5 times a power of ten, at least `smallest`, so that about
/// `count` ticks lie between `low` and `high`.
inline double tick_distance(double low, double high, int count, double smallest) {
    const double wanted = std::max((high - low) / count, smallest);
    const double power = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= wanted * (1 - 1e-9)) {
            return factor * power;
        }
    }
    return 10 * power;
}

/// A number with a fixed count of decimals.
inline std::string decimal(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

/// Draws one diagram into a rectangle of the canvas.
class DiagramPainter {
 public:
    DiagramPainter(Canvas& canvas, const Diagram& diagram, double left, double top, double right, double bottom)
        : canvas_(canvas), diagram_(diagram), left_(left), top_(top), right_(right), bottom_(bottom) {
        set_range();
    }

    void paint() {
        canvas_.text({left_, top_ - 18}, diagram_.title, 15, ink);
        paint_grid();
        paint_epochs();
        for (const Curve& curve : diagram_.curves) {
            paint_curve(curve);
        }
        paint_final_values();
        paint_legend();
    }

 private:
    static constexpr Colour ink{40, 44, 52}, grid{225, 228, 232}, quiet{96, 102, 112};
    static constexpr double letters = 12;

    staa::Index epochs() const { return static_cast<staa::Index>(diagram_.curves.front().values.size()); }
    double x_of(double epoch) const {
        const double share = epochs() > 1 ? (epoch - 1) / static_cast<double>(epochs() - 1) : 1;
        return left_ + share * (right_ - left_);
    }
    double y_of(double value) const { return bottom_ - (value - low_) / (high_ - low_) * (bottom_ - top_); }

    /// Sets the range of the vertical axis: from the tick below all values to the tick above them.
    void set_range() {
        double smallest = diagram_.curves.front().values.front(), largest = smallest;
        for (const Curve& curve : diagram_.curves) {
            const auto [least, most] = std::minmax_element(curve.values.begin(), curve.values.end());
            smallest = std::min(smallest, *least);
            largest = std::max(largest, *most);
        }
        tick_ = tick_distance(smallest, largest, 5, std::max(0.001, 1e-6 * largest));
        low_ = std::floor(smallest / tick_) * tick_;
        high_ = std::max(std::ceil(largest / tick_) * tick_, low_ + tick_);
    }

    void paint_grid() {
        const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(tick_) + 1e-9)));
        const auto ticks = std::lround((high_ - low_) / tick_);
        for (long i = 0; i <= ticks; ++i) {
            const double value = low_ + static_cast<double>(i) * tick_;
            const double y = std::round(y_of(value)) + 0.5;
            canvas_.line({left_, y}, {right_, y}, 1, i == 0 ? ink : grid);
            canvas_.text({left_ - 12, y + letters / 2}, decimal(value, decimals), letters, quiet, Align::right);
        }
    }

    void paint_epochs() {
        const auto distance = static_cast<staa::Index>(tick_distance(1, static_cast<double>(epochs()), 8, 1));
        for (staa::Index epoch = 1; epoch <= epochs(); epoch += epoch == 1 && distance > 1 ? distance - 1 : distance) {
            const double x = std::round(x_of(static_cast<double>(epoch))) + 0.5;
            canvas_.line({x, bottom_}, {x, bottom_ + 6}, 1, ink);
            canvas_.text({x, bottom_ + 24}, std::to_string(epoch), letters, quiet, Align::centre);
        }
        canvas_.text({(left_ + right_) / 2, bottom_ + 48}, "epoch", letters, ink, Align::centre);
    }

    void paint_curve(const Curve& curve) {
        const auto point = [&](std::size_t i) {
            return Point{x_of(static_cast<double>(i + 1)), y_of(curve.values[i])};
        };
        constexpr std::size_t most_dots = 30;
        for (std::size_t i = 0; i < curve.values.size(); ++i) {
            canvas_.line(point(i > 0 ? i - 1 : 0), point(i), 2.5, curve.colour);
            if (curve.values.size() <= most_dots) {
                canvas_.dot(point(i), 7, curve.colour);
            }
        }
    }

    /// Writes the last value of each curve beside its end. Values that would overlap are moved apart.
    void paint_final_values() {
        std::vector<const Curve*> curves;
        for (const Curve& curve : diagram_.curves) {
            curves.push_back(&curve);
        }
        std::sort(curves.begin(), curves.end(),
                  [](const Curve* a, const Curve* b) { return a->values.back() > b->values.back(); });
        double lowest_free = top_ - letters;
        for (const Curve* curve : curves) {
            const double y = std::max(y_of(curve->values.back()), lowest_free);
            canvas_.text({x_of(static_cast<double>(epochs())) + 12, y + letters / 2},
                         decimal(curve->values.back(), diagram_.decimals), letters, curve->colour);
            lowest_free = y + 1.6 * letters;
        }
    }

    void paint_legend() {
        double right = right_;
        for (auto curve = diagram_.curves.rbegin(); curve != diagram_.curves.rend(); ++curve) {
            const double left = right - Canvas::text_width(curve->name, letters);
            canvas_.text({left, top_ - 18}, curve->name, letters, ink);
            canvas_.line({left - 32, top_ - 18 - letters / 2}, {left - 10, top_ - 18 - letters / 2}, 2.5,
                         curve->colour);
            right = left - 52;
        }
    }

    Canvas& canvas_;
    const Diagram& diagram_;
    double left_, top_, right_, bottom_;
    double low_ = 0, high_ = 1, tick_ = 1;
};

/// Draws the diagrams side by side under a heading, as a PNG file.
inline void write_learning_curves(const std::filesystem::path& path, const std::string& heading,
                                  const std::vector<Diagram>& diagrams) {
    constexpr int panel = 620, height = 470, margin = 76;
    Canvas canvas(height, panel * static_cast<int>(diagrams.size()));
    canvas.text({margin, 38}, heading, 14, {96, 102, 112});
    for (std::size_t i = 0; i < diagrams.size(); ++i) {
        const double left = panel * static_cast<double>(i);
        DiagramPainter(canvas, diagrams[i], left + margin, 104, left + panel - 76, height - 78).paint();
    }
    staa::write_png(path, canvas.pixels());
}

}  // namespace example
