// What the scripts of redis_scripts.h answer, as results, and the longer ones of their arguments. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/redis_connection.h"
#include "ingest/store.h"

namespace chimera::ingest {

using Arguments = std::vector<std::string>;

/// The parts of an answer; the first one is a word. "" and 0 for those that are not there.
std::string_view PartOf(const Reply& answer, size_t index);
uint64_t NumberIn(const Reply& answer, size_t index);
inline std::string_view WordOf(const Reply& answer) {
  return PartOf(answer, 0);
}

Result<Accepted> AcceptedOf(const Reply& answer);
/// `id`: the one that a new batch of `to` would get.
Result<std::optional<Batch>> BatchOf(const Reply& answer, const Destination& to, const std::string& id);
/// Of unseal, check and finish.
Status DoneOf(const Result<Reply>& answer);
/// Of an answer that names a limit.
Error NoRoom(const Reply& answer);

struct Size {
  uint64_t rows = 0;
  uint64_t bytes = 0;
};
/// Of slices that have rows.
Size SizeOf(const std::vector<Entry>& entries);

/// As `check` wants them: the writes that are left, by position; the letters.
void AddKept(const std::vector<Entry>& kept, Arguments& arguments);
void AddDead(const std::vector<DeadLetter>& dead, Arguments& arguments);

}  // namespace chimera::ingest
