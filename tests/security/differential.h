// The gate against the engine: whatever the gate passes, the engine must take for a read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/security/corpus.h"
#include "tests/security/oracle.h"

namespace chimera::security {

struct Report {
  size_t statements = 0;
  size_t passed = 0;                    ///< by the gate
  size_t parsed = 0;                    ///< of these, what the engine can parse
  size_t trees = 0;                     ///< of these, whose syntax trees were looked at
  std::vector<std::string> objections;  ///< "why: statement"
};

/// Checks `statements` mutations of the corpus; of the passed ones, the syntax tree of every `tree_every`th.
Report Compare(const Oracle& oracle, size_t statements, uint64_t seed, size_t tree_every);

}  // namespace chimera::security
