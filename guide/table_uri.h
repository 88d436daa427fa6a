// The URIs of the resources: clickhouse://{database}/{table} for tables, chimera://datasets/NAME for datasets. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chimera::guide {

inline constexpr std::string_view kTableTemplate = "clickhouse://{database}/{table}";

struct TableName {
  std::string database;
  std::string table;
  auto operator<=>(const TableName&) const = default;
};

/// The expansion of the template: everything but unreserved characters is percent-encoded (RFC 6570, 3.2.2).
std::string TableUri(std::string_view database, std::string_view table);
/// What `uri` names; nothing unless it is an expansion of the template by two names that are not empty.
std::optional<TableName> ParseTableUri(std::string_view uri);

std::string DatasetUri(std::string_view dataset);
/// The dataset that `uri` names, whether there is one or not.
std::optional<std::string> ParseDatasetUri(std::string_view uri);

}  // namespace chimera::guide
