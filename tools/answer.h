// What the answers of several tools have in common: assembling the JSON text without parsing rows, the parts that
// repeat, and their schemas. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "clickhouse/client.h"

namespace chimera::tools {

/// Writes one JSON object, key by key, in the order of the calls.
class ObjectText {
 public:
  ObjectText& Add(std::string_view key, const Json& value);
  /// `json` must be JSON text; it is copied as it is.
  ObjectText& AddRaw(std::string_view key, std::string_view json);
  /// `items` must be JSON texts separated by commas, or empty.
  ObjectText& AddArray(std::string_view key, std::string_view items);
  /// The finished object; call once.
  std::string Take();

 private:
  void AddKey(std::string_view key);

  std::string text_ = "{";
};

/// Adds `columns`, `rows`, `row_count`, `truncated` of a result, rows as the server printed them.
void AddRows(ObjectText& object, const clickhouse::Rows& rows);
/// Adds `notes` where the client has any on the result. No schema names them: the account's limits are no part of a
/// tool.
void AddNotes(ObjectText& object, const clickhouse::Rows& rows);
/// The same for the text: "" or " Note: …."
std::string NoteText(const clickhouse::Rows& rows);
/// {"rows_read", "bytes_read", "elapsed_ms"}
Json StatisticsJson(const clickhouse::Statistics& statistics);

/// {"type": "object", "properties": …}, for answers. It does not say which are always there: that would be a thirtieth
/// of what a model has to read before its first call.
Json ObjectSchema(Json properties);
/// The same for arguments: nothing but `properties`, of which only `required` must be there.
Json ArgumentsSchema(Json properties, const std::vector<std::string>& required);
/// The properties that AddRows writes.
Json RowsProperties();
Json StatisticsSchema();
/// A number as JSON, whole ones without a point: 7, not 7.0.
Json PlainNumber(double value);
/// A property with a type and a description.
Json Typed(const Json& type, std::string_view description);

}  // namespace chimera::tools
