// What a fuzz target must hold to besides not crashing. A target is LLVMFuzzerTestOneInput: libFuzzer calls it in the
// build of the preset `fuzz`, replay.cpp in all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace chimera::fuzz {

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process, which is what the fuzzer calls a crash, unless `holds`.
inline void Require(bool holds, const char* rule, std::string_view where = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n%s\n", rule, std::string(where).c_str());
  std::abort();
}

}  // namespace chimera::fuzz
