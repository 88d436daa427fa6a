#include <cstdio>
#include <iostream>

#include "app/commands.h"
#include "base/json.h"
#include "sql/read_gate.h"

namespace chimera::app {
namespace {

// "line 2, column 5", as an editor counts; columns in bytes.
std::string Place(const std::string& sql, size_t position) {
  const std::string_view before = std::string_view(sql).substr(0, position);
  size_t line = 1;
  for (const char c : before) line += c == '\n' ? 1 : 0;
  const size_t start = before.rfind('\n');
  const size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column) + " (byte " + std::to_string(position) +
         ")";
}

Json Refusal(const Error& error) {
  Json verdict = {{"allowed", false}, {"code", Name(error.code)}, {"reason", error.message}};
  verdict["position"] = error.position ? Json(*error.position) : Json(nullptr);
  verdict["hint"] = error.hint;
  return verdict;
}

Result<std::string> SqlOf(const std::string& line) {
  const auto object = ParseJson(line);
  if (!object) return object.error();
  const bool sql = object->is_object() && object->contains("sql") && (*object)["sql"].is_string();
  if (!sql)
    return MakeError(ErrorCode::kInvalidArgument, "this line has no string `sql`", R"(send {"sql": "SELECT 1"})");
  return (*object)["sql"].get<std::string>();
}

Json Verdict(const std::string& line, const sql::ReadPolicy& policy) {
  const auto sql = SqlOf(line);
  if (!sql) return Refusal(sql.error());
  const auto statement = sql::CheckRead(*sql, policy);
  if (!statement) return Refusal(statement.error());
  return {{"allowed", true}, {"code", nullptr}, {"reason", nullptr}, {"position", nullptr}, {"kind", statement->kind}};
}

// A line a line, each at once: a program may wait for the answer before it sends the next.
int CheckLines(const sql::ReadPolicy& policy) {
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("%s\n", ToText(Verdict(line, policy)).c_str());
    std::fflush(stdout);
  }
  return kDone;
}

}  // namespace

int CheckSql(const CheckCommand& command) {
  const sql::ReadPolicy policy = {command.functions, command.dictionaries};
  if (command.jsonl) return CheckLines(policy);
  const auto statement = sql::CheckRead(command.sql, policy);
  if (statement) {
    std::printf("passes: one %s that only reads\n", statement->kind.c_str());
    return kDone;
  }
  const Error& error = statement.error();
  std::printf("refused (%s): %s\n", std::string(Name(error.code)).c_str(), error.message.c_str());
  if (error.position) std::printf("  at %s\n", Place(command.sql, *error.position).c_str());
  if (!error.hint.empty()) std::printf("  instead: %s\n", error.hint.c_str());
  return kFailed;
}

}  // namespace chimera::app
