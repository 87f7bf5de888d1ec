// SPDX-License-Identifier: MIT
#include "staa/analysis/answers.hpp"

#include <cmath>

#include "staa/analysis/svg.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// Three images, two steps, two classes.
Answers three_answers() {
    Tensor<double, 3> logits(2, 3, 2);
    logits.setValues({{{2, 0}, {0, 1}, {1, 0}},    // after step 1: 0, 1, 0
                      {{1, 2}, {0, 1}, {2, 0}}});  // after step 2: 1, 1, 0
    Labels labels(3);
    labels.setValues({1, 1, 1});
    Answers answers(2);
    answers.add(logits, labels);
    return answers;
}

}  // namespace

TEST_CASE("the accuracy after a step is that of the logits at that step") {
    const Answers answers = three_answers();
    REQUIRE(answers.accuracy_by_steps().size() == 2);
    CHECK_THAT(answers.accuracy_by_steps()[0], WithinRel(1.0 / 3, 1e-12));
    CHECK_THAT(answers.accuracy_by_steps()[1], WithinRel(2.0 / 3, 1e-12));
    CHECK_THAT(answers.accuracy(), WithinRel(2.0 / 3, 1e-12));
}

TEST_CASE("the confidence is the softmax of the mean logits") {
    const std::vector<Answer> all = three_answers().all();
    CHECK_THAT(all[0].confidence, WithinRel(1 / (1 + std::exp(-1.0)), 1e-12));  // means 1 and 2
    CHECK_THAT(all[2].confidence, WithinRel(1 / (1 + std::exp(-2.0)), 1e-12));  // means 2 and 0
}

TEST_CASE("confusion counts labels in rows and answers in columns") {
    CHECK(three_answers().confusion() == std::vector<std::vector<Index>>{{0, 0}, {1, 2}});
}

TEST_CASE("errors come in the order of their confidence") {
    const auto errors = three_answers().confident_errors(5);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].image == 2);
    CHECK(errors[0].predicted == 0);
    CHECK(three_answers().confident_errors(0).empty());
}

TEST_CASE("the calibration error is the mean distance of accuracy and confidence") {
    const Answers answers = three_answers();
    // Confidences 0.731, 0.731 (both right) and 0.881 (wrong) lie in the bins 7 and 8 of ten.
    const double expected = (2 * (1 - 1 / (1 + std::exp(-1.0))) + 1 / (1 + std::exp(-2.0))) / 3;
    CHECK_THAT(answers.calibration_error(), WithinRel(expected, 1e-9));
    CHECK(answers.calibration()[7].answers == 2);
    CHECK(answers.calibration()[8].accuracy == 0);
}

TEST_CASE("answers refuse other sizes and labels outside the classes") {
    Answers answers = three_answers();
    Labels labels(3);
    labels.setValues({0, 1, 2});
    Tensor<double, 3> logits(2, 3, 2), other_steps(3, 3, 2);
    logits.setZero();
    other_steps.setZero();
    CHECK_THROWS_AS(answers.add(logits, labels), Error);
    labels.setZero();
    CHECK_THROWS_AS(answers.add(other_steps, labels), Error);
    Labels two(2);
    two.setZero();
    CHECK_THROWS_AS(answers.add(logits, two), Error);
}

TEST_CASE("text in a page can't end its element") {
    CHECK(html_text("<b a=\"1\"> & ") == "&lt;b a=&quot;1&quot;&gt; &amp; ");
}

TEST_CASE("a line chart leaves out curves that it can't draw") {
    CHECK(line_chart({"d", "x", "y"}, {}).empty());
    CHECK(line_chart({"d", "x", "y"}, {{"nan", {1, std::nan("")}}}).empty());
    const std::string chart = line_chart({"losses", "epoch", "loss"}, {{"a", {1, 2, 3}}, {"b", {}}});
    CHECK_THAT(chart, contains_text("aria-label=\"losses\""));
    CHECK_THAT(chart, contains_text("<title>a, epoch 2: 2.0</title>"));
    CHECK_THAT(chart, contains_text("class=\"line0\""));
    CHECK(chart.find("class=\"line1\"") == std::string::npos);
}

TEST_CASE("a heat map has a cell per finite value, with its value as a title") {
    const std::string map =
        heat_map({"rates", "step", ""}, {"a", "b"}, {"1", "2"}, {{0.5, 1}, {std::nan(""), 0}}, 1, true);
    CHECK_THAT(map, contains_text("<title>a, step 2: 1.0</title>"));
    CHECK_THAT(map, contains_text("fill-opacity=\"0.500\""));
    std::size_t cells = 0;
    for (std::size_t at = map.find("<rect"); at != std::string::npos; at = map.find("<rect", at + 1)) {
        ++cells;
    }
    CHECK(cells == 3);
}

TEST_CASE("ticks are round numbers") {
    CHECK_THAT(detail::tick_distance(1, 4), WithinRel(0.5, 1e-12));
    CHECK_THAT(detail::tick_distance(4, 4), WithinRel(1.0, 1e-12));
    CHECK_THAT(detail::tick_distance(0.07, 4), WithinRel(0.02, 1e-12));
}
