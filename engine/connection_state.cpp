#include "engine/connection_state.h"

#include "engine/exception.h"
#include "sql/lexer.h"

namespace chimera::engine {
namespace {

const Pairs kNoParameters;

/// The bytes of a result of one value.
Result<std::string> Run(chdb::Connection& connection, const std::string& sql) {
  const chdb::Block block = connection.Query({sql, "RawBLOB", kNoParameters});
  if (!block.Exception().empty()) return ParseException(block.Exception());
  return std::string(block.Bytes());
}

Status Set(chdb::Connection& connection, const std::string& name, const std::string& literal) {
  const auto set = Run(connection, "SET " + sql::QuoteIdentifier(name) + " = " + literal);
  return set ? Ok() : Status(set.error());
}

/// '1' and the value when the session has set it, otherwise '0' and the default.
Result<std::string> ReadSetting(chdb::Connection& connection, const std::string& name) {
  return Run(connection,
             "SELECT concat(toString(changed), value) FROM system.settings WHERE name = " + sql::QuoteString(name));
}

void Restore(chdb::Connection& connection, const std::string& name, const std::string& marked) {
  (void)Set(connection, name, marked.starts_with('1') ? sql::QuoteString(marked.substr(1)) : "DEFAULT");
}

}  // namespace

Status SetSettings(chdb::Connection& connection, const Pairs& settings) {
  for (const auto& [name, value] : settings) {
    if (Status set = Set(connection, name, sql::QuoteString(value)); !set) return set;
  }
  return Ok();
}

Result<std::string> CurrentDatabase(chdb::Connection& connection) {
  return Run(connection, "SELECT currentDatabase()");
}

Status UseDatabase(chdb::Connection& connection, const std::string& database) {
  const auto used = Run(connection, "USE " + sql::QuoteIdentifier(database));
  return used ? Ok() : Status(used.error());
}

Status Apply(chdb::Connection& connection, const QueryRequest& request, Changes& changes) {
  // Refused only where the session has made itself read-only; its queries then cannot be killed by their ids.
  (void)Set(connection, std::string(kQueryIdSetting), sql::QuoteString(request.query_id));
  for (const auto& [name, value] : request.settings) {
    auto old = ReadSetting(connection, name);
    if (!old) return old.error();
    if (Status set = Set(connection, name, sql::QuoteString(value)); !set) return set;
    changes.settings.emplace_back(name, std::move(*old));
  }
  if (request.database.empty()) return Ok();
  auto current = CurrentDatabase(connection);
  if (!current) return current.error();
  changes.database = std::move(*current);
  changes.requested = request.database;
  return UseDatabase(connection, request.database);
}

void Undo(chdb::Connection& connection, const Changes& changes) {
  // Backwards: of a name that came twice, the first holds the session's value.
  for (auto change = changes.settings.rbegin(); change != changes.settings.rend(); ++change)
    Restore(connection, change->first, change->second);
  if (changes.requested.empty()) return;
  const auto current = CurrentDatabase(connection);
  if (current && *current == changes.requested) (void)UseDatabase(connection, changes.database);
}

}  // namespace chimera::engine
