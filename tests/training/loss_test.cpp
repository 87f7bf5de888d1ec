// SPDX-License-Identifier: MIT
#include "staa/training/temporal_loss.hpp"

#include <limits>
#include <numbers>

#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

Labels labels_of(std::initializer_list<int> values) {
    Labels labels(static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), labels.data());
    return labels;
}

Tensor<double, 2> logits_of(Index classes, std::initializer_list<double> values) {
    Tensor<double, 2> logits(static_cast<Index>(values.size()) / classes, classes);
    std::copy(values.begin(), values.end(), logits.data());
    return logits;
}

}  // namespace

TEST_CASE("cross entropy of two images and two classes, computed by hand") {
    const double ln3 = std::log(3.0);
    const auto loss = cross_entropy(logits_of(2, {0, ln3, 0, 0}), labels_of({1, 0}));
    CHECK_THAT(loss.value, WithinRel((std::log(4.0 / 3.0) + std::numbers::ln2) / 2, 1e-14));
    const double expected[] = {0.25 / 2, -0.25 / 2, -0.5 / 2, 0.5 / 2};
    for (Index i = 0; i < 4; ++i) {
        CHECK_THAT(loss.gradient.data()[i], WithinRel(expected[i], 1e-14));
    }
}

TEST_CASE("cross entropy: the gradient is the derivative") {
    Tensor<double, 2> logits = logits_of(3, {0.5, -1, 2, 0.25, 1.5, -0.75});
    const Labels labels = labels_of({2, 0});
    const auto loss = cross_entropy(logits, labels);
    check_differences("logits", logits.data(), loss.gradient.data(), 6, 0,
                      [&] { return cross_entropy(logits, labels).value; });
}

TEST_CASE("cross entropy with soft labels: computed by hand, and the gradient is the derivative") {
    Tensor<double, 2> logits = logits_of(2, {0, std::log(3.0)});
    const Tensor<double, 2> targets = logits_of(2, {0.25, 0.5});  // their sum need not be 1
    const auto loss = cross_entropy(logits, targets);
    CHECK_THAT(loss.value, WithinRel(0.25 * std::log(4.0) + 0.5 * std::log(4.0 / 3.0), 1e-14));
    check_differences("logits", logits.data(), loss.gradient.data(), 2, 0,
                      [&] { return cross_entropy(logits, targets).value; });
}

TEST_CASE("cross entropy: targets of other extents than the logits are an error") {
    REQUIRE_THROWS_WITH(cross_entropy(logits_of(2, {0, 0, 0, 0}), logits_of(2, {1, 0})),
                        "the targets are [1, 2] for logits of [2, 2]");
}

TEST_CASE("cross entropy: logits of 1000 do not overflow") {
    const auto loss = cross_entropy(logits_of(2, {1000, -1000}), labels_of({1}));
    CHECK(loss.value == 2000);
    CHECK(loss.gradient(0, 0) == 1);
    CHECK(loss.gradient(0, 1) == -1);
}

TEST_CASE("cross entropy: a NaN among the logits makes the loss NaN") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const auto& logits : {logits_of(3, {nan, 0, 1}), logits_of(3, {0, nan, 1}), logits_of(3, {0, 1, nan})}) {
        CHECK(std::isnan(cross_entropy(logits, labels_of({1})).value));
    }
}

TEST_CASE("cross entropy: a label that is no class is an error that names it") {
    const auto logits = logits_of(3, {0, 0, 0, 0, 0, 0});
    REQUIRE_THROWS_WITH(cross_entropy(logits, labels_of({0, 200})),
                        "label 200 of image 1 is no class: expected 0 to 2");
    REQUIRE_THROWS_WITH(cross_entropy(logits, labels_of({-1, 0})), "label -1 of image 0 is no class: expected 0 to 2");
}

TEST_CASE("cross entropy: another number of labels than of images is an error") {
    REQUIRE_THROWS_WITH(cross_entropy(logits_of(2, {0, 0, 0, 0}), labels_of({0, 1, 0})),
                        "there are 3 labels for the logits of 2 images");
    REQUIRE_THROWS_AS(cross_entropy(Tensor<double, 2>(0, 2), Labels(0)), Error);
}

TEST_CASE("count_correct counts images whose largest logit, the first of equal ones, is that of their label") {
    const auto logits = logits_of(2, {0, 1, 1, 0, 2, 2, -1, -3});
    CHECK(count_correct(logits, labels_of({1, 0, 0, 0})) == 4);
    CHECK(count_correct(logits, labels_of({0, 0, 1, 0})) == 2);
    REQUIRE_THROWS_AS(count_correct(logits, labels_of({0, 0, 2, 0})), Error);
}

TEST_CASE("cross entropy: a logit of NaN or +inf makes the loss and the gradient of its image NaN, -inf does not") {
    using Limits = std::numeric_limits<double>;
    const double nan = Limits::quiet_NaN(), infinity = Limits::infinity();
    for (const auto& bad : {std::vector{nan, 0.0, 1.0}, std::vector{1.0, infinity, 0.0}, std::vector(3, -infinity)}) {
        const auto loss = cross_entropy(logits_of(3, {bad[0], bad[1], bad[2], 0, 1, 2}), labels_of({1, 2}));
        CHECK_FALSE(loss.is_finite());
        CHECK(std::isnan(loss.gradient(0, 0)));
        CHECK(std::isnan(loss.gradient(0, 2)));
        CHECK(std::isfinite(loss.gradient(1, 2)));
    }
    const auto masked = cross_entropy(logits_of(3, {-infinity, 0, 0}), labels_of({1}));
    CHECK_THAT(masked.value, staa_tests::WithinRel(std::log(2.0), 1e-14));
    CHECK(masked.gradient(0, 0) == 0);
}

TEST_CASE("count_correct never counts an image with NaN among its logits") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto logits = logits_of(3, {nan, 0, 1, 2, nan, 1, 0, 1, nan, nan, nan, nan, 0, 0, 1});
    for (int label = 0; label < 3; ++label) {
        CHECK(count_correct(logits, labels_of({label, label, label, label, label})) == (label == 2 ? 1 : 0));
    }
}

TEST_CASE("cross entropy: a label smoothing outside its range is an error") {
    const auto logits = logits_of(3, {0, 0, 0});
    for (const double smoothing : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
        CHECK_THROWS_WITH(cross_entropy(logits, labels_of({0}), smoothing),
                          StartsWith("staa::cross_entropy: label_smo"));
    }
}

TEST_CASE("temporal cross entropy: the gradient is the derivative, and one step without regularisation is plain") {
    Tensor<double, 3> logits(2, 2, 3);
    Random random(1);
    std::generate_n(logits.data(), logits.size(), [&] { return random.normal(); });
    const Labels labels = labels_of({2, 0});
    const TemporalLossOptions options{.regularisation = 0.3, .target = 0.5, .label_smoothing = 0.1};
    const auto loss = temporal_cross_entropy(logits, labels, options);
    check_differences("logits", logits.data(), loss.gradient.data(), logits.size(), 0,
                      [&] { return temporal_cross_entropy(logits, labels, options).value; });

    Tensor<double, 3> one(1, 2, 3);
    std::copy_n(logits.data(), one.size(), one.data());
    const Tensor<double, 2> plain = one.chip(0, 0);
    CHECK(temporal_cross_entropy(one, labels, {.regularisation = 0}).value == cross_entropy(plain, labels).value);
}

TEST_CASE("temporal cross entropy: options out of their range and no steps are errors, and NaN stays NaN") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Tensor<double, 3> logits(2, 1, 3);
    logits.setZero();
    const Labels labels = labels_of({1});
    for (const double regularisation : {-0.1, 1.1, nan}) {
        CHECK_THROWS_AS(temporal_cross_entropy(logits, labels, {.regularisation = regularisation}), Error);
    }
    CHECK_THROWS_AS(temporal_cross_entropy(logits, labels, {.target = nan}), Error);
    CHECK_THROWS_WITH(temporal_cross_entropy(Tensor<double, 3>(0, 1, 3), labels),
                      "staa::temporal_cross_entropy: the target is 1 for the logits of 0 steps; expected a finite "
                      "number, and at least one step");
    CHECK_THROWS_AS(temporal_cross_entropy(logits, labels_of({3})), Error);
    logits(1, 0, 2) = nan;
    CHECK(std::isnan(temporal_cross_entropy(logits, labels).value));
}
