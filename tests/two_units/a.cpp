// SPDX-License-Identifier: MIT
// Two translation units include every header: whatever is defined in one without `inline` fails to link here.
#include "every_header.hpp"

int version_seen_by_b();

int main() { return version_seen_by_b() == STAA_VERSION_MINOR ? 0 : 1; }
