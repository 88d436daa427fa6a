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
    if (value < 0 || value > kMostDays) reader.Fail("`" + std::string(key) + "` must be a number of days", key);
    return static_cast<int>(value);
  };
  Retention retention{days("keep_days"), days("cold_after_days"), reader.String("volume", "")};
  if (retention.volume.empty() != (retention.cold_after_days == 0)) {
    reader.Fail("`cold_after_days` and `volume` belong together");
  }
  return retention;
}

TableExpectation ParseTable(const std::string& name, const Json& object, const Spot& spot) {
  JsonReader reader(object, name);
  TableExpectation table;
  table.name = name;
  table.time = reader.String("time", "");
  table.unique = reader.Strings("unique");
  if (const int64_t seconds = reader.Integer("late_after_s", 0); seconds != 0) {
    table.late_after = std::chrono::seconds(seconds);
    if (seconds < 0) reader.Fail("`late_after_s` must be a positive number of seconds", "late_after_s");
    if (table.time.empty())
      reader.Fail("`late_after_s` needs `time`, the column with the time of an observation", "late_after_s");
  }
  table.retention = ReadRetention(reader);
  if (table.retention.Any() && table.time.empty()) reader.Fail("`keep_days` and `cold_after_days` need `time`");
  if (!table.time.empty() && !IsIdentifier(table.time)) reader.Fail("`time` must name a column", "time");
  if (!std::all_of(table.unique.begin(), table.unique.end(), IsIdentifier))
    reader.Fail("`unique` must name columns", "unique");
  spot.Finish(reader);
  return table;
}

}  // namespace

std::vector<TableExpectation> ParseExpectations(const Json& tables, const Spot& spot) {
  const Spot all = spot.At("tables", "/tables");
  std::vector<TableExpectation> facts;
  if (!tables.is_object()) all.Fail("must be an object: a table's name, and what is expected of it");
  if (!tables.is_object()) return facts;
  for (const auto& [name, object] : tables.items()) {
    const Spot here = all.At("tables", PointerTo(name));
    if (!IsIdentifier(name)) {
      here.Fail("\"" + name + "\" is no name of a table");
    } else if (!object.is_object()) {
      here.Fail("`" + name + "` must be an object");
    } else {
      facts.push_back(ParseTable(name, object, all.At("tables." + name, PointerTo(name))));
    }
  }
  return facts;
}

}  // namespace chimera::schema
