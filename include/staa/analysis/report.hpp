// SPDX-License-Identifier: MIT
// Everything that a report says of a network and its data. collect_report.hpp fills it, report_page.hpp writes it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "staa/analysis/answers.hpp"
#include "staa/analysis/energy.hpp"
#include "staa/analysis/monitors.hpp"
#include "staa/analysis/norms.hpp"
#include "staa/analysis/summary.hpp"
#include "staa/analysis/svg.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A picture of a page.
struct ReportPicture {
    std::string address;  ///< "data:image/png;base64,..": the picture itself
    std::string words;    ///< what it shows, for those who can't see it
};

/// Where a layer looks in one image.
struct ReportMaps {
    std::string layer;                  ///< its name
    std::vector<ReportPicture> looks;   ///< [T] Grad-CAM at every step
    std::vector<ReportPicture> spikes;  ///< [T] the share of the channels that fire
};

/// An image, what the network answered, and where it looked.
struct ReportImage {
    ReportPicture picture;         ///< the image itself
    std::string label, predicted;  ///< names of the right class and of the answer
    double confidence = 0;         ///< of the answer, in [0, 1]
    std::vector<ReportMaps> maps;  ///< one entry per layer
};

/// The share of a layer's Grad-CAM that lies inside the object of an image, on data that tell where the object is.
struct MassInside {
    std::string layer;          ///< its name
    Index images = 0;           ///< whose map is not all zeros
    double share = 0;           ///< mean over these images
    double standard_error = 0;  ///< of `share`
    double area = 0;            ///< mean share of the image that the object covers: what a map without aim would have
};

/// What a report says of one network.
struct Report {
    std::string name;                                        ///< of the run, as a heading
    std::vector<std::pair<std::string, std::string>> facts;  ///< what else is to know: data, width, file
    NetworkSummary summary;                                  ///< all layers
    EnergyLedger energy;                                     ///< operations and energy of one image
    std::optional<double> measured_millijoules;              ///< per image, of the processor, where the machine tells
    std::vector<NeuronActivity> neurons;                     ///< one entry per layer of neurons
    std::vector<ParameterNorms> norms;                       ///< of weights and gradients, in evaluation mode
    Answers answers{0};                                      ///< to all images
    std::vector<std::string> class_names;                    ///< one per class; numbers stand where names are missing
    std::vector<ReportImage> images;                         ///< chosen ones
    std::vector<ReportImage> errors;                         ///< the most confident ones
    std::vector<MassInside> inside;                          ///< empty where the data do not tell where the object is
    std::vector<Curve> losses, accuracies;  ///< over the epochs of a training; empty where there is no log
    Index observed = 0;                     ///< images of which every signal was looked at

    /// The name of a class, or its number where it has no name.
    std::string class_name(int label) const {
        const auto i = static_cast<std::size_t>(label);
        return i < class_names.size() ? class_names[i] : std::to_string(label);
    }
};

}  // namespace STAA_ABI
}  // namespace staa
