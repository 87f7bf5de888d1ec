// SPDX-License-Identifier: MIT
// Diagrams as SVG for a page of HTML: lines, bars and heat maps. They take their colours from the page's variables, so
// that they fit a light and a dark page. Each has a name for screen readers, and a value at each mark.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "staa/analysis/table.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Text for HTML and SVG.
inline std::string html_text(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

/// One line of a diagram: a value per place on the horizontal axis.
struct Curve {
    std::string name;            ///< for the legend
    std::vector<double> values;  ///< from the first place on
};

/// A diagram's words.
struct DiagramText {
    std::string name;        ///< for screen readers: what the diagram shows
    std::string horizontal;  ///< of the horizontal axis
    std::string vertical;    ///< of the vertical axis
    int decimals = 1;        ///< of the values
};

namespace detail {

/// Round steps of an axis: 1, 2 or 5 times a power of ten, so that about `count` of them lie in `range`.
inline double tick_distance(double range, int count) {
    const double wanted = std::max(range / count, 1e-12);
    const double power = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= wanted * (1 - 1e-9)) {
            return factor * power;
        }
    }
    return 10 * power;
}

/// The frame that diagrams with axes share. Lengths are those of a phone; larger screens enlarge the picture.
class SvgFrame {
 public:
    static constexpr double width = 360, left = 46, right = 348, top = 12;

    SvgFrame(const DiagramText& text, double height) : height_(height) {
        out_ = "<svg role=\"img\" viewBox=\"0 0 " + number(width) + " " + number(height) + "\" aria-label=\"" +
               html_text(text.name) + "\">\n";
    }

    double bottom() const { return height_ - 38; }

    void line(double x1, double y1, double x2, double y2, const std::string& kind) {
        out_ += "<line class=\"" + kind + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) +
                "\" y2=\"" + number(y2) + "\"/>\n";
    }
    /// `anchor` is start, middle or end.
    void text(double x, double y, const std::string& words, const std::string& anchor, const std::string& kind = "") {
        out_ += "<text" + (kind.empty() ? "" : " class=\"" + kind + "\"") + " x=\"" + number(x) + "\" y=\"" +
                number(y) + "\" text-anchor=\"" + anchor + "\">" + html_text(words) + "</text>\n";
    }
    /// A rectangle with a text that a pointer shows.
    void box(double x, double y, double w, double h, const std::string& style, const std::string& tip) {
        out_ += "<rect " + style + " x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(w) +
                "\" height=\"" + number(std::max(h, 0.0)) + "\"><title>" + html_text(tip) + "</title></rect>\n";
    }
    void add(const std::string& markup) { out_ += markup; }
    std::string done() { return out_ + "</svg>\n"; }

    static std::string number(double value) {
        std::string text = with_decimals(value, 2);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') {
            text.pop_back();
        }
        return text == "-0" ? "0" : text;
    }

 private:
    double height_;
    std::string out_;
};

/// A vertical axis with round numbers.
class SvgAxis {
 public:
    SvgAxis(double low, double high) {
        tick_ = tick_distance(std::max(high - low, 1e-9), 4);
        low_ = std::floor(low / tick_ + 1e-9) * tick_;
        high_ = std::max(std::ceil(high / tick_ - 1e-9) * tick_, low_ + tick_);
    }
    double place(double value, const SvgFrame& frame) const {
        return frame.bottom() - (value - low_) / (high_ - low_) * (frame.bottom() - SvgFrame::top);
    }
    void draw(SvgFrame& frame, const DiagramText& text) const {
        const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(tick_) + 1e-9)));
        const auto count = std::lround((high_ - low_) / tick_);
        for (long i = 0; i <= count; ++i) {
            const double value = low_ + static_cast<double>(i) * tick_, y = place(value, frame);
            frame.line(SvgFrame::left, y, SvgFrame::right, y, i == 0 ? "axis" : "grid");
            frame.text(SvgFrame::left - 6, y + 4, with_decimals(value, decimals), "end");
        }
        frame.text(4, SvgFrame::top - 2, text.vertical, "start", "quiet");
        frame.text((SvgFrame::left + SvgFrame::right) / 2, frame.bottom() + 34, text.horizontal, "middle", "quiet");
    }

 private:
    double tick_, low_, high_;
};

}  // namespace detail

/// Lines over 1, 2, .. places, with a legend. At most four curves have colours of their own. A curve without values, or
/// with values that are not finite, is left out.
inline std::string line_chart(const DiagramText& text, std::vector<Curve> curves) {
    std::erase_if(curves, [](const Curve& curve) {
        return curve.values.empty() || !std::all_of(curve.values.begin(), curve.values.end(),
                                                    [](double value) { return std::isfinite(value); });
    });
    if (curves.empty()) {
        return "";
    }
    double low = curves[0].values[0], high = low;
    std::size_t places = 1;
    for (const Curve& curve : curves) {
        const auto [least, most] = std::minmax_element(curve.values.begin(), curve.values.end());
        low = std::min(low, *least);
        high = std::max(high, *most);
        places = std::max(places, curve.values.size());
    }
    detail::SvgFrame frame(text, 230);
    const detail::SvgAxis axis(low, high);
    axis.draw(frame, text);
    using Frame = detail::SvgFrame;
    const auto x_of = [&](std::size_t i) {
        const double share = places > 1 ? static_cast<double>(i) / static_cast<double>(places - 1) : 0.5;
        return Frame::left + 10 + share * (Frame::right - Frame::left - 20);
    };
    const auto every = static_cast<std::size_t>(std::max(1.0, detail::tick_distance(static_cast<double>(places), 8)));
    for (std::size_t i = 0; i < places; i += every) {
        frame.text(x_of(i), frame.bottom() + 16, std::to_string(i + 1), "middle");
    }
    for (std::size_t k = 0; k < curves.size(); ++k) {
        const std::string colour = "line" + std::to_string(k % 4);
        std::string points;
        for (std::size_t i = 0; i < curves[k].values.size(); ++i) {
            points += Frame::number(x_of(i)) + "," + Frame::number(axis.place(curves[k].values[i], frame)) + " ";
        }
        frame.add("<polyline class=\"" + colour + "\" points=\"" + points + "\"/>\n");
        for (std::size_t i = 0; i < curves[k].values.size() && places <= 60; ++i) {
            frame.add("<circle class=\"" + colour + "\" cx=\"" + Frame::number(x_of(i)) + "\" cy=\"" +
                      Frame::number(axis.place(curves[k].values[i], frame)) + "\" r=\"3\"><title>" +
                      html_text(curves[k].name + ", " + text.horizontal + " " + std::to_string(i + 1) + ": " +
                                with_decimals(curves[k].values[i], text.decimals)) +
                      "</title></circle>\n");
        }
    }
    std::string legend = "<ul class=\"legend\">";
    for (std::size_t k = 0; k < curves.size(); ++k) {
        legend += "<li><span class=\"key line" + std::to_string(k % 4) + "\"></span>" + html_text(curves[k].name) +
                  ": " + with_decimals(curves[k].values.back(), text.decimals) + "</li>";
    }
    return frame.done() + legend + "</ul>\n";
}

/// A line across the bars of a diagram.
struct BarMark {
    double place;      ///< a value of the horizontal axis
    std::string name;  ///< stands beside the line
};

/// A column per value. The columns lie side by side from `low` to `high` of the horizontal axis.
inline std::string bar_chart(const DiagramText& text, const std::vector<double>& values, double low, double high,
                             const std::vector<BarMark>& marks = {}) {
    using Frame = detail::SvgFrame;
    detail::SvgFrame frame(text, 190);
    const double most = values.empty() ? 1 : *std::max_element(values.begin(), values.end());
    const detail::SvgAxis axis(0, std::max(most, 1e-9));
    axis.draw(frame, text);
    const double span = Frame::right - Frame::left,
                 step = span / static_cast<double>(std::max<std::size_t>(values.size(), 1));
    const double per_bar = (high - low) / static_cast<double>(std::max<std::size_t>(values.size(), 1));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double y = axis.place(values[i], frame), from = low + static_cast<double>(i) * per_bar;
        frame.box(Frame::left + static_cast<double>(i) * step + 0.5, y, step - 1, frame.bottom() - y, "class=\"bar\"",
                  with_decimals(from, 2) + " to " + with_decimals(from + per_bar, 2) + ": " +
                      with_decimals(values[i], text.decimals));
    }
    for (int i = 0; i <= 4; ++i) {
        const double value = low + (high - low) * i / 4;
        frame.text(Frame::left + span * i / 4, frame.bottom() + 16, Frame::number(value),
                   i == 0   ? "start"
                   : i == 4 ? "end"
                            : "middle");
    }
    for (const BarMark& mark : marks) {
        const double x = Frame::left + (mark.place - low) / (high - low) * span;
        frame.line(x, Frame::top, x, frame.bottom(), "mark");
        frame.text(x + 4, Frame::top + 10, mark.name, "start", "quiet");
    }
    return frame.done();
}

/// Cells that are darker the larger their value is, from 0 to `most`. Values that are not finite are left empty.
/// `show_values` writes them into the cells; pass it only where there are few.
inline std::string heat_map(const DiagramText& text, const std::vector<std::string>& rows,
                            const std::vector<std::string>& columns, const std::vector<std::vector<double>>& values,
                            double most, bool show_values) {
    constexpr double height = 20, label = 96, width = detail::SvgFrame::width;
    const double below = 20 + height * static_cast<double>(rows.size());
    const double cell = (width - label - 4) / static_cast<double>(std::max<std::size_t>(columns.size(), 1));
    detail::SvgFrame frame(text, below + 24);
    frame.text(label, 12, text.horizontal, "start", "quiet");
    const std::size_t every = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(18 / cell)));
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const double y = 20 + height * static_cast<double>(r);
        frame.text(label - 6, y + 14, rows[r], "end");
        for (std::size_t c = 0; c < columns.size() && c < values[r].size(); ++c) {
            const double value = values[r][c], x = label + cell * static_cast<double>(c);
            if (!std::isfinite(value)) {
                continue;
            }
            const double share = std::clamp(value / std::max(most, 1e-12), 0.0, 1.0);
            frame.box(x, y, cell - 1, height - 1, "class=\"cell\" fill-opacity=\"" + with_decimals(share, 3) + "\"",
                      rows[r] + ", " + text.horizontal + " " + columns[c] + ": " + with_decimals(value, text.decimals));
            if (show_values) {
                frame.text(x + cell / 2, y + 14, with_decimals(value, text.decimals), "middle",
                           share > 0.55 ? "on-cell" : "value");
            }
        }
    }
    for (std::size_t c = 0; c < columns.size(); c += every) {
        frame.text(label + cell * (static_cast<double>(c) + 0.5), below + 14, columns[c], "middle");
    }
    return frame.done();
}

}  // namespace STAA_ABI
}  // namespace staa
