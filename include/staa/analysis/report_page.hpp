// SPDX-License-Identifier: MIT
// A report as one page of HTML that needs nothing from elsewhere: no script, no font, no file. It follows the reader's
// choice of light or dark, fits a phone, and can be read by keyboard and by a screen reader.
#pragma once

#include <string>
#include <vector>

#include "staa/analysis/report.hpp"
#include "staa/analysis/report_style.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Writes the sections of a page. With two reports, each section has both, side by side where there is room.
class ReportPage {
 public:
    explicit ReportPage(const std::vector<const Report*>& reports) : reports_(reports) {}

    std::string text() {
        begin();
        section("overview", "Overview", [this](const Report& r) { return overview(r); });
        section("learning", "Learning curves", [this](const Report& r) { return learning(r); });
        section("steps", "Accuracy after each step", [this](const Report& r) { return steps(r); });
        section("rates", "Firing rates", [this](const Report& r) { return rates(r); });
        section("energy", "Operations and energy", [this](const Report& r) { return energy(r); });
        section("potentials", "Membrane potentials", [this](const Report& r) { return potentials(r); });
        section("gates", "Gates over time", [this](const Report& r) { return gates(r); });
        section("looks", "Where the network looks", [this](const Report& r) { return looks(r); });
        section("errors", "Most confident errors", [this](const Report& r) { return errors(r); });
        section("confusion", "Confusion matrix", [this](const Report& r) { return confusion(r); });
        section("calibration", "Calibration", [this](const Report& r) { return calibration(r); });
        section("gradients", "Weights and gradients", [this](const Report& r) { return gradients(r); });
        section("layers", "All layers", [this](const Report& r) { return layers(r); });
        return head() + contents_ + "</ul></nav>\n<main id=\"main\">\n" + body_ + foot();
    }

 private:
    void begin() {
        contents_ = "<nav aria-label=\"Sections\"><ul>";
        body_.clear();
    }

    /// Adds a section; nothing if no report has something to say.
    template <class Of>
    void section(const std::string& id, const std::string& title, const Of& of) {
        std::string parts;
        bool is_empty = true;
        for (const Report* report : reports_) {
            const std::string part = of(*report);
            is_empty = is_empty && part.empty();
            parts += "<div class=\"run\">" + (reports_.size() > 1 ? "<h3>" + html_text(report->name) + "</h3>" : "") +
                     (part.empty() ? "<p class=\"quiet\">Nothing to show.</p>" : part) + "</div>\n";
        }
        if (!is_empty) {
            contents_ += "<li><a href=\"#" + id + "\">" + title + "</a></li>";
            body_ += "<section id=\"" + id + "\" aria-labelledby=\"" + id + "-title\"><h2 id=\"" + id + "-title\">" +
                     title + "</h2>\n<div class=\"runs\">\n" + parts + "</div></section>\n";
        }
    }

    static std::string per_cent(double share, int decimals = 1) { return with_decimals(100 * share, decimals) + " %"; }
    static std::string paragraph(const std::string& text) { return "<p>" + html_text(text) + "</p>\n"; }
    static std::string figure(const std::string& picture, const std::string& words) {
        return picture.empty() ? ""
                               : "<figure>" + picture + "<figcaption>" + html_text(words) + "</figcaption></figure>\n";
    }
    static std::string image(const ReportPicture& picture) {
        return "<img src=\"" + picture.address + "\" alt=\"" + html_text(picture.words) + "\">";
    }
    /// What can be folded away.
    static std::string details(const std::string& title, const std::string& content) {
        return "<details><summary>" + html_text(title) + "</summary>\n" + content + "</details>\n";
    }
    /// A table that scrolls by itself, by keyboard too.
    static std::string table(const Table& table, const std::string& name) {
        std::string out =
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + html_text(name) + "\"><table>\n";
        for (std::size_t r = 0; r < table.rows().size(); ++r) {
            out += "<tr>";
            for (std::size_t c = 0; c < table.rows()[r].size(); ++c) {
                const std::string kind = table.is_number(c) ? " class=\"number\"" : "";
                const std::string cell = html_text(table.rows()[r][c]);
                out += r == 0 ? "<th scope=\"col\"" + kind + ">" + cell + "</th>" : "<td" + kind + ">" + cell + "</td>";
            }
            out += "</tr>\n";
        }
        return out + "</table></div>\n";
    }
    static std::vector<std::string> numbers_to(std::size_t count) {
        std::vector<std::string> result;
        for (std::size_t i = 1; i <= count; ++i) {
            result.push_back(std::to_string(i));
        }
        return result;
    }

    std::string overview(const Report& r) const {
        std::string list = "<dl>";
        const auto entry = [&](const std::string& name, const std::string& value) {
            list += "<dt>" + html_text(name) + "</dt><dd>" + html_text(value) + "</dd>";
        };
        entry("accuracy", per_cent(r.answers.accuracy(), 2) + " of " + with_commas(r.answers.size()) + " images");
        entry("steps", std::to_string(r.summary.steps));
        entry("parameters", with_commas(r.summary.parameters));
        entry("mean firing rate", per_cent(r.energy.mean_rate(), 2) + ", weighted by what it costs");
        entry("estimated energy", with_decimals(r.energy.millijoules(), 4) +
                                      " mJ per image; as an artificial network " +
                                      with_decimals(r.energy.ann_millijoules(), 4) + " mJ");
        for (const auto& [name, value] : r.facts) {
            entry(name, value);
        }
        return list + "</dl>\n";
    }

    std::string learning(const Report& r) const {
        return figure(line_chart({"Loss over epochs", "epoch", "loss", 3}, r.losses), "Loss after each epoch.") +
               figure(line_chart({"Accuracy over epochs", "epoch", "accuracy [%]", 2}, r.accuracies),
                      "Accuracy after each epoch.");
    }

    std::string steps(const Report& r) const {
        std::vector<double> accuracy = r.answers.accuracy_by_steps();
        for (double& value : accuracy) {
            value *= 100;
        }
        return figure(line_chart({"Accuracy if the network stops after a step", "step", "accuracy [%]", 2},
                                 {{"accuracy", accuracy}}),
                      "A stream answers by the mean of the logits so far: what it costs to stop early.");
    }

    std::string rates(const Report& r) const {
        std::vector<std::string> names;
        std::vector<std::vector<double>> values;
        double most = 0;
        Table channels({"layer", "rate", "silent", "always fire", "channels below 1 %", "in the window"},
                       {false, true, true, true, true, true});
        for (const NeuronActivity& layer : r.neurons) {
            names.push_back(layer.name);
            values.push_back(layer.rates_by_step());
            Index quiet = 0;
            for (Index c = 0; c < layer.channels; ++c) {
                double sum = 0;
                for (const std::vector<double>& step : layer.rates) {
                    sum += step[static_cast<std::size_t>(c)];
                }
                quiet += sum < 0.01 * static_cast<double>(layer.rates.size()) ? 1 : 0;
            }
            channels.add({layer.name, per_cent(layer.rate()), per_cent(layer.silent), per_cent(layer.saturated),
                          std::to_string(quiet) + " of " + std::to_string(layer.channels),
                          per_cent(layer.window_share)});
            for (double& value : values.back()) {
                value *= 100;
                most = std::max(most, value);
            }
        }
        if (names.empty()) {
            return "";
        }
        return figure(heat_map({"Firing rates by layer and step", "step", "rate [%]"}, names,
                               numbers_to(values[0].size()), values, most, values[0].size() <= 8),
                      "Share of the neurons that fire at a step, in per cent, over " + with_commas(r.observed) +
                          " images. Layers from the input on.") +
               details("Silent neurons, and neurons that always fire", table(channels, "Neurons by layer"));
    }

    std::string energy(const Report& r) const {
        std::string out = paragraph(r.energy.totals());
        out += r.measured_millijoules
                   ? paragraph(
                         "Measured: " + with_decimals(*r.measured_millijoules, 2) +
                         " mJ per image, the processor's own counter (RAPL) while it computed the answers here. This "
                         "is the energy of this machine with all that ran on it, not of a neuromorphic chip.")
                   : paragraph("This machine does not tell the energy of its processor, so nothing was measured.");
        return out + details("Operations of each layer", table(r.energy.table(), "Operations by layer"));
    }

    std::string potentials(const Report& r) const {
        std::string out;
        for (std::size_t i = 0; i < r.neurons.size(); ++i) {
            const NeuronActivity& layer = r.neurons[i];
            const PotentialHistogram& bins = layer.potentials;
            std::vector<double> shares(bins.shares.begin(), bins.shares.end());
            for (double& share : shares) {
                share *= 100;
            }
            out += "<figure>" +
                   bar_chart({"Membrane potentials of " + layer.name, "potential U", "share [%]", 2}, shares,
                             bins.lowest, bins.highest, {{bins.threshold, "threshold"}}) +
                   "<figcaption>" +
                   html_text(layer.name + ": " + per_cent(layer.window_share) +
                             " in the window of the surrogate; its width is " + with_decimals(bins.surrogate_width, 2) +
                             ".") +
                   "</figcaption></figure>\n";
        }
        return out.empty() ? ""
                           : details("Potentials of " + std::to_string(r.neurons.size()) + " layers",
                                     "<div class=\"small\">" + out + "</div>");
    }

    std::string gates(const Report& r) const {
        return gate_map(r, "Global context", [](const NeuronActivity& l) -> const GateActivity& { return l.context; }) +
               gate_map(r, "Step attention",
                        [](const NeuronActivity& l) -> const GateActivity& { return l.attention; });
    }
    template <class Of>
    std::string gate_map(const Report& r, const std::string& name, const Of& of) const {
        std::vector<std::string> names;
        std::vector<std::vector<double>> values;
        double most = 0;
        for (const NeuronActivity& layer : r.neurons) {
            if (of(layer).is_there()) {
                names.push_back(layer.name);
                values.push_back(of(layer).mean);
                most = std::max(most, *std::max_element(values.back().begin(), values.back().end()));
            }
        }
        return names.empty() ? ""
                             : figure(heat_map({name + " by layer and step", "step", "gate", 2}, names,
                                               numbers_to(values[0].size()), values, most, values[0].size() <= 8),
                                      name + ": the mean gate. 1 leaves a current as it is.");
    }

    std::string looks(const Report& r) const {
        std::string out;
        if (!r.inside.empty()) {
            Table mass({"layer", "inside the object", "standard error", "area of the object", "images"},
                       {false, true, true, true, true});
            for (const MassInside& layer : r.inside) {
                mass.add({layer.layer, per_cent(layer.share), per_cent(layer.standard_error), per_cent(layer.area),
                          std::to_string(layer.images)});
            }
            out += paragraph(
                       "Share of Grad-CAM's sum that lies inside the object. A map without aim would have the share "
                       "of the area.") +
                   table(mass, "Grad-CAM inside the object");
        }
        for (const ReportImage& one : r.images) {
            std::string maps;
            for (const ReportMaps& layer : one.maps) {
                maps += "<h4>" + html_text(layer.layer) + "</h4>" + row("Grad-CAM", layer.looks) +
                        row("spikes", layer.spikes);
            }
            out += "<article class=\"look\">" + caption(one) + maps + "</article>\n";
        }
        return out;
    }
    static std::string row(const std::string& name, const std::vector<ReportPicture>& pictures) {
        std::string out = "<div class=\"strip\"><span class=\"quiet\">" + name + "</span>";
        for (const ReportPicture& picture : pictures) {
            out += image(picture);
        }
        return out + "</div>";
    }
    static std::string caption(const ReportImage& one) {
        return "<figure class=\"tile\">" + image(one.picture) + "<figcaption><b>" + html_text(one.label) + "</b> " +
               (one.label == one.predicted ? "right, " : "taken for <b>" + html_text(one.predicted) + "</b>, ") +
               per_cent(one.confidence) + "</figcaption></figure>";
    }

    std::string errors(const Report& r) const {
        std::string out;
        for (const ReportImage& one : r.errors) {
            out += caption(one);
        }
        return out.empty() ? "" : "<div class=\"tiles\">" + out + "</div>\n";
    }

    std::string confusion(const Report& r) const {
        if (r.answers.size() == 0) {
            return "";
        }
        const auto counts = r.answers.confusion();
        std::vector<std::string> names;
        std::vector<std::vector<double>> shares;
        for (std::size_t label = 0; label < counts.size(); ++label) {
            names.push_back(r.class_name(static_cast<int>(label)));
            double all = 0;
            for (const Index count : counts[label]) {
                all += static_cast<double>(count);
            }
            shares.emplace_back();
            for (const Index count : counts[label]) {
                shares.back().push_back(100 * static_cast<double>(count) / std::max(all, 1.0));
            }
        }
        Table pairs({"class", "taken for", "images"}, {false, false, true});
        struct Pair {
            std::size_t label, predicted;
        };
        std::vector<Pair> order;
        for (std::size_t label = 0; label < counts.size(); ++label) {
            for (std::size_t predicted = 0; predicted < counts.size(); ++predicted) {
                if (label != predicted && counts[label][predicted] > 0) {
                    order.push_back({label, predicted});
                }
            }
        }
        std::stable_sort(order.begin(), order.end(), [&](const Pair& a, const Pair& b) {
            return counts[a.label][a.predicted] > counts[b.label][b.predicted];
        });
        order.resize(std::min<std::size_t>(order.size(), 12));
        for (const Pair& pair : order) {
            pairs.add({names[pair.label], names[pair.predicted], std::to_string(counts[pair.label][pair.predicted])});
        }
        std::vector<std::string> columns = numbers_to(names.size());
        return figure(heat_map({"Confusion matrix", "answer, in the order of the rows", "share [%]", 0}, names, columns,
                               shares, 100, names.size() <= 12),
                      "Rows are the classes, columns the answers, both in the same order; per cent of a class.") +
               details("What is confused most often", table(pairs, "Confused pairs"));
    }

    std::string calibration(const Report& r) const {
        if (r.answers.size() == 0) {
            return "";
        }
        Table bins({"confidence", "answers", "mean confidence", "accuracy"}, {false, true, true, true});
        std::vector<double> accuracy;
        const auto all = r.answers.calibration();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const double from = static_cast<double>(i) / static_cast<double>(all.size());
            accuracy.push_back(100 * all[i].accuracy);
            bins.add({per_cent(from, 0) + " to " + per_cent(from + 1.0 / static_cast<double>(all.size()), 0),
                      std::to_string(all[i].answers), all[i].answers > 0 ? per_cent(all[i].confidence) : "",
                      all[i].answers > 0 ? per_cent(all[i].accuracy) : ""});
        }
        return figure(bar_chart({"Accuracy by confidence", "confidence [%]", "accuracy [%]", 1}, accuracy, 0, 100),
                      "Accuracy of the answers of a confidence. Expected calibration error: " +
                          per_cent(r.answers.calibration_error(), 2) + ".") +
               details("The numbers", table(bins, "Calibration"));
    }

    std::string gradients(const Report& r) const {
        if (r.norms.empty()) {
            return "";
        }
        Table norms({"tensor", "values", "root mean square", "gradient, root mean square"}, {false, true, true, true});
        for (const ParameterNorms& tensor : r.norms) {
            const double per_value = 1 / std::sqrt(static_cast<double>(std::max<Index>(tensor.size, 1)));
            char weight[32], gradient[32];
            std::snprintf(weight, sizeof(weight), "%.3g", tensor.weight * per_value);
            std::snprintf(gradient, sizeof(gradient), "%.3g", tensor.gradient * per_value);
            norms.add({tensor.name, with_commas(tensor.size), weight, gradient});
        }
        return details(
            "Norms of " + std::to_string(r.norms.size()) + " tensors",
            paragraph("The gradient is that of the right class's logit over a few images, in evaluation mode.") +
                table(norms, "Norms by tensor"));
    }

    std::string layers(const Report& r) const {
        return paragraph(r.summary.totals() + ". Layers with the same block number run as one.") +
               details("The table", table(r.summary.table(), "Layers")) +
               details("Which layers run as one", "<pre tabindex=\"0\">" + html_text(r.summary.plan) + "</pre>");
    }

    std::string head() const {
        std::string title;
        for (const Report* report : reports_) {
            title += (title.empty() ? "" : " beside ") + report->name;
        }
        return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
               "'unsafe-inline'\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<link rel=\"icon\" href=\"data:,\">\n<title>" +
               html_text(title) + "</title>\n<style>\n" + report_style + "</style>\n</head>\n<body class=\"" +
               (reports_.size() > 1 ? "two" : "one") +
               "\">\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header><h1>" + html_text(title) +
               "</h1></header>\n";
    }
    static std::string foot() {
        return "</main>\n<footer><p>Written by staa. How each number is made: "
               "<a href=\"https://arxiv.org/abs/2503.02689\">the paper on STAA-SNN</a>, and docs/analysis.md of the "
               "library.</p></footer>\n</body>\n</html>\n";
    }

    std::vector<const Report*> reports_;
    std::string contents_, body_;
};

}  // namespace detail

/// The page of a report, or of two runs side by side. No report is an Error.
inline std::string report_page(const std::vector<const Report*>& reports) {
    if (reports.empty()) {
        fail("staa::report_page: there is no report");
    }
    return detail::ReportPage(reports).text();
}
/// The page of one report.
inline std::string report_page(const Report& report) { return report_page(std::vector<const Report*>{&report}); }

}  // namespace STAA_ABI
}  // namespace staa
