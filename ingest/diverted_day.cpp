#include "ingest/diverted_day.h"

#include <utility>

#include "ingest/row_reader.h"

namespace chimera::ingest {

DivertedDay DivertDay(std::vector<Entry> entries, std::optional<int64_t> day, const std::string& reason) {
  DivertedDay diverted;
  for (Entry& entry : entries) {
    if (entry.slice.day != day) {
      diverted.kept.push_back(std::move(entry));
      continue;
    }
    ForEachLine(entry.slice.body, [&](std::string_view row) {
      DeadLetter& letter = diverted.dead.emplace_back();
      letter.position = entry.position;
      letter.day = day;
      letter.row = row;
      letter.reason = reason;
      letter.at = std::chrono::system_clock::now();
      return true;
    });
  }
  return diverted;
}

}  // namespace chimera::ingest
