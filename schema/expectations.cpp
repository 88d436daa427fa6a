#include "schema/expectations.h"

#include <algorithm>
#include <utility>

#include "base/json_reader.h"
#include "schema/tool_files.h"

namespace chimera::schema {
namespace {

Retention ReadRetention(JsonReader& reader) {
  constexpr int64_t kMostDays = 36'500;
  const auto days = [&](const char* key) {
    const int64_t value = reader.Integer(key, 0);
    if (value < 0 || value > kMostDays) reader.Fail("`" + std::string(key) + "` must be a number of days");
    return static_cast<int>(value);
  };
  Retention retention{days("keep_days"), days("cold_after_days"), reader.String("volume", "")};
  if (retention.volume.empty() != (retention.cold_after_days == 0)) {
    reader.Fail("`cold_after_days` and `volume` belong together");
  }
  return retention;
}

Result<TableExpectation> ParseTable(const std::string& name, const Json& object, const std::string& where) {
  JsonReader reader(object, where + "." + name);
  TableExpectation table;
  table.name = name;
  table.time = reader.String("time", "");
  table.unique = reader.Strings("unique");
  if (const int64_t seconds = reader.Integer("late_after_s", 0); seconds != 0) {
    table.late_after = std::chrono::seconds(seconds);
    if (seconds < 0) reader.Fail("`late_after_s` must be a positive number of seconds");
    if (table.time.empty()) reader.Fail("`late_after_s` needs `time`, the column with the time of an observation");
  }
  table.retention = ReadRetention(reader);
  if (table.retention.Any() && table.time.empty()) reader.Fail("`keep_days` and `cold_after_days` need `time`");
  if (!table.time.empty() && !IsIdentifier(table.time)) reader.Fail("`time` must name a column");
  if (!std::all_of(table.unique.begin(), table.unique.end(), IsIdentifier)) reader.Fail("`unique` must name columns");
  if (Status status = reader.Finish(); !status) return status.error();
  return table;
}

}  // namespace

Result<std::vector<TableExpectation>> ParseExpectations(const Json& tables, const std::string& where) {
  const auto invalid = [&](const std::string& message) {
    return MakeError(ErrorCode::kInvalidArgument, where + ": " + message);
  };
  if (!tables.is_object()) return invalid("must be an object: a table's name, and what is expected of it");
  std::vector<TableExpectation> facts;
  for (const auto& [name, object] : tables.items()) {
    if (!IsIdentifier(name)) return invalid("\"" + name + "\" is no name of a table");
    if (!object.is_object()) return invalid("`" + name + "` must be an object");
    Result<TableExpectation> table = ParseTable(name, object, where);
    if (!table) return table.error();
    facts.push_back(std::move(*table));
  }
  return facts;
}

}  // namespace chimera::schema
