// SPDX-License-Identifier: MIT
#include "staa/analysis/report_page.hpp"

#include <string>
#include <vector>

#include "analysis/small_networks.hpp"
#include "staa/analysis/collect_report.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// Batches of random images of two channels, as a loader gives them; their class is the sign of the first value.
template <class Net>
struct RandomBatches {
    struct Batch {
        typename Net::Images images;
        Labels labels;
    };
    std::vector<Batch> epoch(Index) const {
        std::vector<Batch> batches;
        for (std::uint64_t i = 0; i < 3; ++i) {
            Labels labels(5);
            labels.setValues({0, 1, 2, 0, 1});
            batches.push_back({random_images<Net>(3, 5, i), labels});
        }
        return batches;
    }
};
using FramesNet = Small<Frames<2, 8, 8, double>, StaaLif<>>;

Report small_report(ReportOptions options = {.images = 12, .observed = 8, .pictures = 2, .errors = 3}) {
    options.class_names = {"cat", "dog <b>", "bird"};
    RandomBatches<FramesNet> batches;
    Report report = collect_report(trained_for_a_moment<FramesNet>(), batches, options);
    report.name = "a run & more";
    return report;
}

std::size_t count_of(const std::string& part, const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a report looks at as many images as it was asked to") {
    const Report report = small_report();
    CHECK(report.answers.size() == 12);
    CHECK(report.observed >= 8);
    CHECK(report.energy.images == report.observed);
    CHECK(report.neurons.size() == 5);
    CHECK(report.images.size() == 2);
    CHECK(report.errors.size() <= 3);
    CHECK(report.summary.layers.size() == FramesNet::Chain::names.size());
    CHECK(report.norms.size() > 10);
}

TEST_CASE("a report shows Grad-CAM and spikes of the last neurons of each size of map, at every step") {
    const Report report = small_report();
    REQUIRE(report.images[1].maps.size() == 2);
    CHECK(report.images[1].maps[0].layer == "2");  // 8 x 8
    CHECK(report.images[1].maps[1].layer == "4");  // 4 x 4
    CHECK(report.images[1].maps[0].looks.size() == 3);
    CHECK(report.images[1].maps[1].spikes.size() == 3);
    CHECK_THAT(report.images[0].picture.address, StartsWith("data:image/png;base64,iVBORw0KGgo"));
}

TEST_CASE("a report measures how much of Grad-CAM lies inside the object, where the data tell") {
    ReportOptions options{.images = 12, .observed = 2, .pictures = 0, .measured = 10};
    options.object = [](Index) {
        Tensor<double, 2> everywhere(8, 8);
        everywhere.setConstant(1);
        return everywhere;
    };
    const Report all = small_report(options);
    REQUIRE(all.inside.size() == 2);
    CHECK(all.inside[1].images > 0);
    CHECK(all.inside[1].images <= 10);
    CHECK_THAT(all.inside[1].share, WithinRel(1.0, 1e-9));
    CHECK_THAT(all.inside[1].area, WithinRel(1.0, 1e-9));
    options.object = [](Index) {
        Tensor<double, 2> left(8, 8);
        for (Index i = 0; i < 64; ++i) {
            left.data()[i] = i % 8 < 4 ? 1 : 0;
        }
        return left;
    };
    const Report half = small_report(options);
    CHECK(half.inside[1].share < 1);
    CHECK(half.inside[1].standard_error > 0);
    CHECK_THAT(half.inside[1].area, WithinRel(0.5, 1e-9));
}

TEST_CASE("the page of a report loads nothing from elsewhere and has no script") {
    const std::string page = report_page(small_report());
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("url(") == std::string::npos);
    CHECK(page.find("@import") == std::string::npos);
    CHECK(count_of("src=\"", page) == count_of("src=\"data:", page));
    CHECK(count_of("<link", page) == 1);  // the icon, which is empty
    CHECK_THAT(page, contains_text("default-src 'none'"));
}

TEST_CASE("every picture of a page has words, and every section a heading and a link to it") {
    const std::string page = report_page(small_report());
    CHECK(count_of("<svg", page) == count_of("role=\"img\"", page));
    CHECK(count_of("<svg", page) > 8);
    CHECK(count_of("<img", page) == count_of("alt=\"", page));
    CHECK(count_of("alt=\"\"", page) == 0);
    CHECK(count_of("<section", page) == count_of("<li><a href=\"#", page));
    CHECK(count_of("<section", page) == count_of("<h2 ", page));
    CHECK(count_of("<div", page) == count_of("</div>", page));
    CHECK(count_of("<figure", page) == count_of("</figure>", page));
}

TEST_CASE("names in a page are text, whatever they hold") {
    const std::string page = report_page(small_report());
    CHECK_THAT(page, contains_text("a run &amp; more"));
    CHECK_THAT(page, contains_text("dog &lt;b&gt;"));
    CHECK(page.find("dog <b>") == std::string::npos);
}

TEST_CASE("a page of two runs has both in each section") {
    Report first = small_report(), second = small_report();
    first.name = "first run";
    second.name = "second run";
    const std::string page = report_page({&first, &second});
    CHECK(count_of("<h3>first run</h3>", page) == count_of("<section", page));
    CHECK(count_of("<h3>second run</h3>", page) == count_of("<section", page));
    CHECK_THROWS_AS(report_page(std::vector<const Report*>{}), Error);
}

TEST_CASE("learning curves are there if the report has them") {
    Report report = small_report();
    CHECK(report_page(report).find("id=\"learning\"") == std::string::npos);
    report.losses = {{"training", {2, 1}}, {"test", {2.5, 1.5}}};
    CHECK_THAT(report_page(report), contains_text("id=\"learning\""));
}

TEST_CASE("a report refuses options that can't be meant") {
    CHECK_THROWS_AS(small_report({.images = 0}), Error);
    CHECK_THROWS_AS(small_report({.observed = 0}), Error);
    CHECK_THROWS_AS(small_report({.layers = {"no such layer"}}), Error);
}

TEST_CASE("base 64 is that of RFC 4648") {
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe") == "//4=");
}
