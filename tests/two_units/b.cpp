// SPDX-License-Identifier: MIT
#include "every_header.hpp"

int version_seen_by_b();

int version_seen_by_b() { return STAA_VERSION_MINOR; }
