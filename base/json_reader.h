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

/// One JSON object being read. The first failure sticks; `Finish` returns it, or the first unknown key.
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

  /// Records a failure of the caller's own checking.
  void Fail(std::string message);
  /// kInvalidArgument naming `where`, the key and the expected type; call once, after all reads.
  Status Finish();

 private:
  const Json* Find(std::string_view key, bool required);
  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> read_;
  std::optional<Error> failure_;
};

}  // namespace chimera
