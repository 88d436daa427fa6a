// How many files, connections among them, this process may have open.
#pragma once

#include <cstddef>

namespace chimera::http {

size_t FileLimit();

/// Raises the limit to what the system allows at most. Programs that this one starts afterwards inherit it.
void RaiseFileLimit();

}  // namespace chimera::http
