// SPDX-License-Identifier: MIT
// What a network answered on labelled images: accuracy after every step, confusion, calibration, confident errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The answer to one image after the last step.
struct Answer {
    Index image = 0;        ///< its place in the order of `Answers::add`
    int label = 0;          ///< the right class
    int predicted = 0;      ///< the class with the largest logit
    double confidence = 0;  ///< the softmax of its logit, in [0, 1]
    /// Whether the answer is the label.
    bool is_right() const { return label == predicted; }
};

/// Answers of similar confidence.
struct CalibrationBin {
    Index answers = 0;      ///< how many answers have this confidence
    double confidence = 0;  ///< mean over the answers of this bin
    double accuracy = 0;    ///< share of them that are right
};

/// Collects answers over batches.
class Answers {
 public:
    /// `classes` is the number of classes of the network.
    explicit Answers(int classes) : classes_(classes) {}

    /// Takes in a batch: means [T, N, classes], after each step the mean of the logits so far, as `Network::step` returns
    /// it, and labels [N]. Other sizes, another T than before, and a label outside [0, classes) are an Error.
    template <class Scalar>
    void add(const Tensor<Scalar, 3>& means, const Labels& labels) {
        const Index steps = means.dimension(0), batch = means.dimension(1);
        if (right_.empty()) {
            right_.assign(static_cast<std::size_t>(steps), 0);
        }
        if (steps != static_cast<Index>(right_.size()) || batch != labels.size() || means.dimension(2) != classes_) {
            fail("staa::Answers::add: logits of [", steps, ", ", batch, ", ", means.dimension(2), "] for ",
                 labels.size(), " labels; expected [", right_.size(), ", ", labels.size(), ", ", classes_, "]");
        }
        for (Index n = 0; n < batch; ++n) {
            if (labels(n) < 0 || labels(n) >= classes_) {
                fail("staa::Answers::add: label ", labels(n), ", expected 0 to ", classes_ - 1);
            }
        }
        for (Index n = 0; n < batch; ++n) {
            const Scalar* logits = nullptr;
            int best = 0;
            for (Index t = 0; t < steps; ++t) {
                logits = means.data() + (t * batch + n) * classes_;
                best = static_cast<int>(std::max_element(logits, logits + classes_) - logits);
                right_[static_cast<std::size_t>(t)] += best == labels(n) ? 1 : 0;
            }
            answers_.push_back({size(), labels(n), best, softmax(logits, best)});
        }
    }

    /// How many images were answered.
    Index size() const { return static_cast<Index>(answers_.size()); }
    /// The number of classes.
    int classes() const { return classes_; }
    /// All answers, in the order of `add`.
    const std::vector<Answer>& all() const { return answers_; }

    /// Share of right answers if a stream stops after step 1, 2, .. T: what an early exit would cost.
    std::vector<double> accuracy_by_steps() const {
        std::vector<double> result;
        for (const Index right : right_) {
            result.push_back(static_cast<double>(right) / static_cast<double>(std::max<Index>(size(), 1)));
        }
        return result;
    }
    /// The share of right answers after the last step, in [0, 1]; 0 before the first batch.
    double accuracy() const { return right_.empty() ? 0 : accuracy_by_steps().back(); }

    /// [label][predicted] numbers of images.
    std::vector<std::vector<Index>> confusion() const {
        const auto n = static_cast<std::size_t>(classes_);
        std::vector<std::vector<Index>> result(n, std::vector<Index>(n, 0));
        for (const Answer& a : answers_) {
            ++result[static_cast<std::size_t>(a.label)][static_cast<std::size_t>(a.predicted)];
        }
        return result;
    }

    /// Answers in `count` bins of equal width of the confidence.
    std::vector<CalibrationBin> calibration(int count = 10) const {
        std::vector<CalibrationBin> bins(static_cast<std::size_t>(std::max(count, 1)));
        for (const Answer& a : answers_) {
            const double place = a.confidence * static_cast<double>(bins.size());
            CalibrationBin& bin = bins[std::min(static_cast<std::size_t>(place), bins.size() - 1)];
            ++bin.answers;
            bin.confidence += a.confidence;
            bin.accuracy += a.is_right() ? 1 : 0;
        }
        for (CalibrationBin& bin : bins) {
            bin.confidence /= static_cast<double>(std::max<Index>(bin.answers, 1));
            bin.accuracy /= static_cast<double>(std::max<Index>(bin.answers, 1));
        }
        return bins;
    }

    /// Expected calibration error (Naeini et al., 2015): the mean of |accuracy - confidence| over the answers, by bin.
    double calibration_error(int bins = 10) const {
        double sum = 0;
        for (const CalibrationBin& bin : calibration(bins)) {
            sum += static_cast<double>(bin.answers) * std::abs(bin.accuracy - bin.confidence);
        }
        return sum / static_cast<double>(std::max<Index>(size(), 1));
    }

    /// The wrong answers with the highest confidence, at most `most` of them.
    std::vector<Answer> confident_errors(std::size_t most) const {
        std::vector<Answer> errors;
        std::copy_if(answers_.begin(), answers_.end(), std::back_inserter(errors),
                     [](const Answer& a) { return !a.is_right(); });
        std::stable_sort(errors.begin(), errors.end(),
                         [](const Answer& a, const Answer& b) { return a.confidence > b.confidence; });
        errors.resize(std::min(errors.size(), most));
        return errors;
    }

 private:
    /// The softmax of logit `best`, the largest one.
    template <class Scalar>
    double softmax(const Scalar* logits, int best) const {
        double all = 0;
        for (int c = 0; c < classes_; ++c) {
            all += std::exp(static_cast<double>(logits[c]) - static_cast<double>(logits[best]));
        }
        return 1 / all;
    }

    int classes_;
    std::vector<Index> right_;  // [T]
    std::vector<Answer> answers_;
};

}  // namespace STAA_ABI
}  // namespace staa
