// Reads declared JSON (dataset folders, configuration) field by field, remembers which keys were read, and reports
// unknown keys with the nearest known one. Not for tool arguments: those are validated against their published schema
// (base/schema_check.h).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace chimera {

/// One JSON object being read. Failures are kept, in the order in which they are found; unknown keys come last.
class JsonReader {
 public:
  /// `where` names the object in messages, such as "insert.episodes.json: columns[2]". `object` must outlive this.
  JsonReader(const Json& object, std::string where);

  std::string String(std::string_view key);                             ///< required
  std::string String(std::string_view key, std::string_view fallback);  ///< optional
  bool Bool(std::string_view key, bool fallback);
  int64_t Integer(std::string_view key, int64_t fallback);
  std::optional<double> Number(std::string_view key);
  std::vector<std::string> Strings(std::string_view key);  ///< optional array of strings
  /// The raw value, or nullptr when absent.
  const Json* Value(std::string_view key);
  /// A required array; an empty one is returned after a failure.
  const Json& Array(std::string_view key);

  /// True when the key is there and holds a string: a message about what it says is worth its place.
  bool Holds(std::string_view key) const;

  /// Records a failure of the caller's own checking. `key` says whose value it is about; empty: the whole object's.
  void Fail(std::string message, std::string_view key = {});
  /// All failures, without `where`; `path` is the key, or empty. Call after all reads.
  std::vector<Problem> Failures();
  /// kInvalidArgument naming `where` with the first failure; call once, after all reads.
  Status Finish();

 private:
  const Json* Find(std::string_view key, bool required);
  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> read_;
  std::vector<Problem> failures_;
};

}  // namespace chimera
