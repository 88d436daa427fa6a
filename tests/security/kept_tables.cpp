#include "tests/security/kept_tables.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "sql/lexer.h"
#include "tests/security/corpus.h"

namespace chimera::security {
namespace {

constexpr const char* kOwn = "database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')";

constexpr const char* kQuestions[] = {
    "SELECT name, engine, data_path FROM system.databases ORDER BY ALL",
    "SELECT name, storage, auth_type FROM system.users ORDER BY ALL",
    "SELECT name FROM system.roles ORDER BY ALL",
    "SELECT * FROM system.grants ORDER BY ALL",
    "SELECT name, storage FROM system.settings_profiles ORDER BY ALL",
    "SELECT name, select_filter FROM system.row_policies ORDER BY ALL",
    "SELECT name FROM system.quotas ORDER BY ALL",
    "SELECT name FROM system.named_collections ORDER BY ALL",
    "SELECT name, create_query FROM system.functions WHERE origin != 'System' ORDER BY ALL",
    "SELECT database, table, command FROM system.mutations ORDER BY ALL",

};

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::vector<std::string> TableStatements() {
  const auto statements = sql::SplitStatements(LoadText("tables.sql"));
  if (!statements.ok() || statements->empty()) std::abort();
  return *statements;
}

void MakeTables(const std::vector<std::string>& statements, const Ask& ask) {
  for (const std::string& statement : statements) {
    const std::string answer = ask(statement);
    if (answer.empty()) continue;
    std::fprintf(stderr, "%s\n%s\n", statement.c_str(), answer.c_str());
    std::abort();
  }
}

std::string KeptState(const Ask& ask) {
  std::string state = ask("SELECT database, name, engine, create_table_query FROM system.tables WHERE " +
                          std::string(kOwn) + " ORDER BY ALL");
  for (const char* question : kQuestions) state += ask(question);
  // A view with a parameter cannot be read without it, and keeps nothing.
  const std::string tables =
      ask("SELECT concat('`', database, '`.`', name, '`') FROM system.tables WHERE " + std::string(kOwn) +
          " AND (engine LIKE '%MergeTree' OR engine = 'Memory') ORDER BY ALL");
  for (const std::string& table : Lines(tables)) {
    state += table + "\t";
    state += ask("SELECT count(), groupBitXor(cityHash64(formatRow('JSONEachRow', *))) FROM " + table);
  }
  return state;
}

}  // namespace chimera::security
