// A day of a batch that the database refuses: its rows become dead letters, the others stay. Pure, but for the clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ingest/store.h"

namespace chimera::ingest {

struct DivertedDay {
  std::vector<Entry> kept;
  std::vector<DeadLetter> dead;  ///< without table and batch, which the caller knows
};
DivertedDay DivertDay(std::vector<Entry> entries, std::optional<int64_t> day, const std::string& reason);

}  // namespace chimera::ingest
