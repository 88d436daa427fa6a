#include "guide/prompts.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "guide/table_page.h"
#include "guide/table_uri.h"
#include "tools/catalog.h"

namespace chimera::guide {
namespace {

using Kind = schema::PromptPiece::Kind;
using Source = schema::ValueSource::Kind;

constexpr size_t kMaxArgument = 4000;

mcp::PromptDefinition Define(const schema::Dataset& dataset, const schema::Prompt& prompt) {
  mcp::PromptDefinition definition{prompt.name, prompt.title, prompt.description, {}};
  if (definition.description.empty()) definition.description = dataset.title;
  for (const auto& argument : prompt.arguments) {
    std::string description = argument.description;
    if (argument.fallback) description += "; " + *argument.fallback + " if left out";
    definition.arguments.push_back({argument.name, argument.title, std::move(description), !argument.fallback});
  }
  return definition;
}

Error Refused(const std::string& argument, const std::string& message, std::string hint = {}) {
  return MakeError(ErrorCode::kInvalidArgument, "argument `" + argument + "`: " + message, std::move(hint));
}

/// One prompt being filled.
class Filling {
 public:
  Filling(const RequestContext& context, clickhouse::Client& client, const Patience& patience,
          const schema::Dataset& dataset, const schema::Prompt& prompt, const Offers& offers)
      : context_(context), client_(client), patience_(patience), dataset_(dataset), prompt_(prompt), offers_(offers) {}

  Result<std::string> Text(const Json& arguments) {
    if (Status taken = TakeArguments(arguments); !taken) return taken.error();
    if (Status read = ReadTables(); !read) return read.error();
    if (Status columns = CheckColumns(); !columns) return columns.error();
    std::string text;
    for (const auto& piece : prompt_.pieces) text += TextOf(piece);
    return text;
  }

 private:
  Status TakeArguments(const Json& arguments);
  Status ReadTables();
  Status ReadDatabase(const std::string& database, const std::set<std::string>& names);
  Status CheckTables();
  Status CheckColumns();
  std::string TextOf(const schema::PromptPiece& piece) const;

  /// The table that `text` names, or that the argument `text` holds: of the dataset's database unless it says another.
  TableName TableOf(const std::string& text, bool is_argument) const {
    const std::string& name = is_argument ? values_.at(text) : text;
    const size_t dot = name.find('.');
    if (dot == std::string::npos) return {dataset_.database, name};
    return {name.substr(0, dot), name.substr(dot + 1)};
  }
  bool IsFallback(const schema::PromptArgument& argument) const {
    return argument.fallback && values_.at(argument.name) == *argument.fallback;
  }

  const RequestContext& context_;
  clickhouse::Client& client_;
  const Patience& patience_;
  const schema::Dataset& dataset_;
  const schema::Prompt& prompt_;
  const Offers& offers_;
  std::map<std::string, std::string> values_;  ///< by argument
  std::map<TableName, TableFacts> tables_;
};

Status Filling::TakeArguments(const Json& arguments) {
  for (const auto& argument : prompt_.arguments) {
    const std::string value = arguments.value(argument.name, argument.fallback.value_or(""));
    if (Trim(value).empty()) return Refused(argument.name, "is empty", argument.description);
    if (value.size() > kMaxArgument) return Refused(argument.name, "is longer than 4,000 bytes");
    const auto& list = argument.values.list;
    const bool listed = std::find(list.begin(), list.end(), value) != list.end();
    values_[argument.name] = value;
    if (argument.values.kind != Source::kEnum || listed || IsFallback(argument)) continue;
    return Refused(argument.name, "there is no `" + value + "`", "there are " + Join(list, ", "));
  }
  return Ok();
}

Status Filling::ReadTables() {
  bool all = false;
  std::map<std::string, std::set<std::string>> needed;
  const auto need = [&](const std::string& text, bool is_argument) {
    const TableName name = TableOf(text, is_argument);
    needed[name.database].insert(name.table);
  };
  for (const auto& piece : prompt_.pieces) {
    if (piece.kind != Kind::kFacts && piece.kind != Kind::kPage) continue;
    if (piece.text.empty()) {
      all = true;
    } else {
      need(piece.text, piece.is_argument);
    }
  }
  for (const auto& argument : prompt_.arguments) {
    if (argument.values.kind == Source::kTables) need(argument.name, true);
    if (argument.values.kind == Source::kColumns) need(argument.values.table, argument.values.table_is_argument);
  }
  if (all) needed[dataset_.database].clear();  // no names: all of them
  for (const auto& [database, names] : needed) {
    if (Status read = ReadDatabase(database, names); !read) return read;
  }
  return CheckTables();
}

Status Filling::ReadDatabase(const std::string& database, const std::set<std::string>& names) {
  auto facts = ReadFacts(context_, client_, patience_, database, {names.begin(), names.end()});
  if (!facts) {
    Error error = facts.error();
    error.message = "prompt `" + prompt_.name + "` needs live facts of the database: " + error.message;
    return error;
  }
  for (auto& one : *facts) {
    TableName name{database, one.description.table.name};
    tables_.emplace(std::move(name), std::move(one));
  }
  return Ok();
}

Status Filling::CheckTables() {
  for (const auto& argument : prompt_.arguments) {
    if (argument.values.kind != Source::kTables || tables_.contains(TableOf(argument.name, true))) continue;
    const std::string& name = values_.at(argument.name);
    const Error unknown = tools::Catalog(client_).UnknownTable(context_, name);
    return Refused(argument.name, "there is no table `" + name + "`", unknown.hint);
  }
  for (const auto& piece : prompt_.pieces) {
    if (piece.kind != Kind::kFacts && piece.kind != Kind::kPage) continue;
    const bool there = piece.text.empty() ? !tables_.empty() : tables_.contains(TableOf(piece.text, piece.is_argument));
    if (there) continue;
    const std::string what = piece.text.empty() ? "tables" : "the table `" + piece.text + "`";
    return MakeError(
        ErrorCode::kUnknownTable,
        "prompt `" + prompt_.name + "` needs " + what + " of database `" + dataset_.database + "`, which is not there",
        "the operator creates it with: chimera-mcp schema apply");
  }
  return Ok();
}

Status Filling::CheckColumns() {
  for (const auto& argument : prompt_.arguments) {
    if (argument.values.kind != Source::kColumns || IsFallback(argument)) continue;
    const auto found = tables_.find(TableOf(argument.values.table, argument.values.table_is_argument));
    if (found == tables_.end()) continue;
    const auto column = tools::Catalog::FindColumn(found->second.description.table, values_.at(argument.name));
    if (!column) return Refused(argument.name, column.error().message, column.error().hint);
  }
  return Ok();
}

std::string Filling::TextOf(const schema::PromptPiece& piece) const {
  if (piece.kind == Kind::kText) return piece.text;
  if (piece.kind == Kind::kArgument) return values_.at(piece.text);
  if (!piece.text.empty()) {
    const TableFacts& facts = tables_.at(TableOf(piece.text, piece.is_argument));
    const bool own = facts.description.table.database == dataset_.database;
    return piece.kind == Kind::kPage ? TablePage(facts, own ? &dataset_ : nullptr, offers_) : TableBrief(facts);
  }
  std::vector<std::string> lines;
  for (const auto& [name, facts] : tables_) {
    if (name.database == dataset_.database) lines.push_back(TableBrief(facts));
  }
  return Join(lines, "\n");
}

}  // namespace

Prompts::Prompts(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience,
                 ToolNames tools)
    : client_(client), datasets_(datasets), patience_(patience), tools_(std::move(tools)) {
  for (const auto& dataset : datasets_) {
    for (const auto& prompt : dataset.prompts) definitions_.push_back(Define(dataset, prompt));
  }
}

Result<std::variant<mcp::Prompt, mcp::InputNeed>> Prompts::Fill(const mcp::CallContext& context,
                                                                const std::string& name, const Json& arguments) {
  const RequestContext bounded = Bounded(context, patience_.call);
  for (const auto& dataset : datasets_) {
    for (const auto& prompt : dataset.prompts) {
      if (prompt.name != name) continue;
      auto text = Filling(bounded, client_, patience_, dataset, prompt, tools_.offers).Text(arguments);
      if (!text) return text.error();
      const Json content = {{"type", "text"}, {"text", tools_.spell(*std::move(text))}};
      return std::variant<mcp::Prompt, mcp::InputNeed>(mcp::Prompt{prompt.description, {{"user", content}}});
    }
  }
  return MakeError(ErrorCode::kInvalidArgument, "there is no prompt `" + name + "`");
}

}  // namespace chimera::guide
