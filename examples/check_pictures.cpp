// SPDX-License-Identifier: MIT
// Reads every picture of a data set with one folder per class once, and lists those that are damaged, before a long run:
//     check_pictures imagenet/train
// The exit status is 1 if there are any, and 2 if the folder is no data set.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "staa/core/parallel.hpp"
#if defined(STAA_HAS_JPEG)
#include "staa/data/imagenet.hpp"
#include "support/command_line.hpp"

int main(int count, char** arguments) {
    std::filesystem::path folder;
    int threads = staa::threads();
    CLI::App app("Lists the damaged pictures of a data set with one folder per class");
    app.add_option("folder", folder, "has the folders of the classes")->required();
    example::add_option(app, "--threads", threads, "that decode pictures")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    constexpr int failure = 2;
    const auto check = [&] {
        if (const auto exit_code = example::parse(app, count, arguments)) {
            return *exit_code == 0 ? 0 : failure;
        }
        staa::set_threads(threads);
        const auto set = staa::ImageNet::open(folder, {.skip = {}});
        const auto bad = set.check();
        for (const staa::BadPicture& picture : bad) {
            std::printf("%s\n", picture.problem.c_str());
        }
        std::printf("%td pictures of %d classes, %zu damaged\n", set.size(), set.classes(), bad.size());
        return bad.empty() ? 0 : 1;
    };
    return example::run_and_report("check_pictures", check, failure);
}
#else
int main() {
    std::fputs("check_pictures was built without libjpeg\n", stderr);
    return 2;
}
#endif
