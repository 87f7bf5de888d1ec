// SPDX-License-Identifier: MIT
// A font of pen strokes, for the words in pictures.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace example {

struct Point {
    double x = 0, y = 0;
};
using Stroke = std::vector<Point>;

/// A letter on a grid with y upwards: the base line is at 4, small letters reach 11, capitals 14, descenders 0. In
/// `strokes`, `/` begins a stroke of straight lines, `~` a smooth stroke, `o` a smooth closed stroke. Each point
/// follows as two hexadecimal digits, x and y. A smooth stroke is the quadratic B-spline of its points: four corners,
/// closed, make an ellipse.
struct Glyph {
    char letter;
    std::string_view strokes;
};

inline constexpr Glyph glyphs[] = {
    {'0', "o0464696e0e09"},
    {'1', "/1b4e44"},
    {'2', "~0b0e6e6a04/0464"},
    {'3', "~0c0e6e6929~2979740406"},
    {'4', "/444e0767"},
    {'5', "/5e1e09~092b6b640406"},
    {'6', "o04646a0a~5d4e0e07"},
    {'7', "/0e6e24"},
    {'8', "o19595e1eo04646909"},
    {'9', "o08686e0e~1524646b"},
    {'.', "/1414"},
    {',', "/1402"},
    {':', "/1414/1a1a"},
    {'-', "/0858"},
    {'+', "/0868/353b"},
    {'=', "/0666/0a6a"},
    {'%', "o0b3b3e0eo64949767/248e"},
    {'/', "/025e"},
    {'[', "/2e0e0222"},
    {']', "/0e2e2202"},
    {'_', "/0363"},
    {'(', "~3f0c0632"},
    {')', "~0f3c3602"},
    {'a', "o04545b0b/5b54"},
    {'b', "/0e04o04545b0b"},
    {'c', "~595b0b045456"},
    {'d', "/5e54o04545b0b"},
    {'e', "/0858~585b0b045456"},
    {'f', "~4e1e1b14/0b3b"},
    {'g', "o04545b0b~5b54500002"},
    {'h', "/0e04~080b5b5854"},
    {'i', "/0b04/0e0e"},
    {'j', "~1b141000/1e1e"},
    {'k', "/0e04/5b07/2854"},
    {'l', "/0e04"},
    {'m', "/0b04~080b4b4844~484b8b8884"},
    {'n', "/0b04~080b5b5854"},
    {'o', "o04545b0b"},
    {'p', "/0b00o04545b0b"},
    {'q', "/5b50o04545b0b"},
    {'r', "/0b04~080b4b"},
    {'s', "~5a5b0b0857540405"},
    {'t', "~1e181444/0b3b"},
    {'u', "~0b07045458/5b54"},
    {'v', "/0b346b"},
    {'w', "/0b244b648b"},
    {'x', "/0b54/045b"},
    {'y', "/0b34/6b10"},
    {'z', "/0b5b0454"},
    {'A', "/044e84/1777"},
    {'B', "/0e04~0e3e6e693909~094979744404"},
    {'C', "~7b7e0e047477"},
    {'D', "/0e04~0e3e7e743404"},
    {'E', "/6e0e0464/0959"},
    {'F', "/6e0e04/0959"},
    {'G', "~7b7e0e047478/4878"},
    {'H', "/0e04/7e74/0979"},
    {'I', "/0e04"},
    {'J', "~5e57540407"},
    {'K', "/0e04/7e08/2a74"},
    {'L', "/0e0464"},
    {'M', "/040e468e84"},
    {'N', "/040e747e"},
    {'O', "o04747e0e"},
    {'P', "/0e04~0e4e7e794909"},
    {'Q', "o04747e0e/4774"},
    {'R', "/0e04~0e4e7e794909/3974"},
    {'S', "~6c6e0e0a68640406"},
    {'T', "/0e8e/4e44"},
    {'U', "~0e090474797e"},
    {'V', "/0e448e"},
    {'W', "/0e347eb4ee"},
    {'X', "/0e74/047e"},
    {'Y', "/0e498e/4944"},
    {'Z', "/0e7e0474"},
};

/// Points along the quadratic B-spline of `corners`. An open spline begins at the first corner and ends at the last
/// one.
inline Stroke smooth(Stroke corners, bool closed) {
    if (closed) {
        corners.insert(corners.end(), {corners[0], corners[1]});
    } else {
        corners.insert(corners.begin(), corners.front());
        corners.push_back(corners.back());
    }
    Stroke curve;
    for (std::size_t i = 0; i + 2 < corners.size(); ++i) {
        constexpr int pieces = 8;
        for (int piece = 0; piece <= pieces; ++piece) {
            const double t = static_cast<double>(piece) / pieces;
            const double a = 0.5 * (1 - t) * (1 - t), b = 0.5 + t * (1 - t), c = 0.5 * t * t;
            curve.push_back({a * corners[i].x + b * corners[i + 1].x + c * corners[i + 2].x,
                             a * corners[i].y + b * corners[i + 1].y + c * corners[i + 2].y});
        }
    }
    return curve;
}

/// The strokes of a letter, and the distance to the next letter.
struct Letter {
    std::vector<Stroke> strokes;
    double advance = 7;
};

/// Reads the notation of a glyph. In the result y is 0 on the base line.
inline Letter read_glyph(std::string_view notation) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    Letter letter;
    double right = 0;
    while (!notation.empty()) {
        const char kind = notation.front();
        const std::size_t end = std::min(notation.find_first_of("/~o", 1), notation.size());
        Stroke corners;
        for (std::size_t i = 1; i < end; i += 2) {
            corners.push_back({1.0 * digit(notation[i]), digit(notation[i + 1]) - 4.0});
            right = std::max(right, corners.back().x);
        }
        letter.strokes.push_back(kind == '/' ? corners : smooth(corners, kind == 'o'));
        notation.remove_prefix(end);
    }
    letter.advance = right + 3;
    return letter;
}

/// The letter `c`; a space if it is not in the table.
inline Letter find_letter(char c) {
    for (const Glyph& glyph : glyphs) {
        if (glyph.letter == c) {
            return read_glyph(glyph.strokes);
        }
    }
    return {};
}

}  // namespace example
