// SPDX-License-Identifier: MIT
// Reads every picture of a data set with one folder per class once, and lists those that are damaged, before a long run:
//     check_pictures imagenet/train
// The exit status is 1 if there are any, and 2 if the folder is no data set.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "staa/core/parallel.hpp"
#if defined(STAA_HAS_JPEG)
#include "staa/data/imagenet.hpp"

int main(int count, char** arguments) {
    std::filesystem::path folder;
    int threads = staa::threads();
    CLI::App app("Lists the damaged pictures of a data set with one folder per class");
    app.add_option("folder", folder, "has the folders of the classes")->required();
    app.add_option("--threads", threads, "that decode pictures")->check(CLI::Range(1, 1024))->capture_default_str();
    CLI11_PARSE(app, count, arguments);
    try {
        staa::set_threads(threads);
        const auto set = staa::ImageNet::open(folder, {.skip = {}});
        const auto bad = set.check();
        for (const staa::BadPicture& picture : bad) {
            std::printf("%s\n", picture.problem.c_str());
        }
        std::printf("%td pictures of %d classes, %zu damaged\n", set.size(), set.classes(), bad.size());
        return bad.empty() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", arguments[0], error.what());
        return 2;
    }
}
#else
int main() {
    std::fputs("check_pictures was built without libjpeg\n", stderr);
    return 2;
}
#endif
