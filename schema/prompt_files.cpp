#include "schema/prompt_files.h"

#include <algorithm>
#include <set>

#include "base/json_reader.h"
#include "base/text.h"
#include "schema/tool_files.h"

namespace chimera::schema {
namespace {

constexpr std::string_view kSuggestForms =
    R"(`suggest` must be a list of strings, "tables", {"columns": "TABLE"}, {"values": "TABLE.COLUMN"} or {"parameter": "get.NAME.PARAMETER"})";
constexpr std::string_view kPlaceholderForms = "write {{ARGUMENT}}, {{facts TABLE}}, {{facts *}} or {{page TABLE}}";

Error Invalid(const std::string& where, const std::string& message, std::string_view hint = {}) {
  return MakeError(ErrorCode::kInvalidArgument, where + ": " + message, std::string(hint));
}

const PromptArgument* Find(const std::vector<PromptArgument>& arguments, std::string_view name) {
  const auto found =
      std::find_if(arguments.begin(), arguments.end(), [&](const auto& one) { return one.name == name; });
  return found == arguments.end() ? nullptr : &*found;
}

/// "bench_runs", or "$table" for the table that the argument `table` holds.
void ReadTable(JsonReader& reader, std::string_view text, ValueSource& source) {
  source.table_is_argument = text.starts_with('$');
  source.table = text.substr(source.table_is_argument ? 1 : 0);
  if (!IsIdentifier(source.table)) reader.Fail("`" + std::string(text) + "` is no table");
}

/// Splits "a.b.c" into "a.b" and "c".
std::pair<std::string, std::string> SplitLast(const std::string& text) {
  const size_t dot = text.rfind('.');
  if (dot == std::string::npos) return {text, {}};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

void ReadParameter(JsonReader& reader, const std::string& path, const Dataset& dataset, ValueSource& source) {
  const auto [tool_name, name] = SplitLast(path);
  source.kind = ValueSource::Kind::kEnum;
  for (const AnalysisTool& tool : dataset.analyses) {
    if (tool.name != tool_name) continue;
    for (const AnalysisParameter& parameter : tool.parameters) {
      if (parameter.name == name) source.list = parameter.allowed;
    }
  }
  if (source.list.empty()) reader.Fail("there is no parameter `" + path + "` with an enum");
}

/// {"columns": …}, {"values": …} or {"parameter": …}.
void ReadObjectSource(JsonReader& reader, const Json& value, const Dataset& dataset, ValueSource& source) {
  const bool one = value.is_object() && value.size() == 1 && value.begin()->is_string();
  if (!one) return reader.Fail(std::string(kSuggestForms));
  const std::string key = value.begin().key(), text = *value.begin();
  if (key == "columns") {
    source.kind = ValueSource::Kind::kColumns;
    ReadTable(reader, text, source);
  } else if (key == "values") {
    const auto [table, column] = SplitLast(text);
    source.kind = ValueSource::Kind::kValues;
    source.column = column;
    ReadTable(reader, table, source);
    if (!IsIdentifier(column)) reader.Fail("write {\"values\": \"TABLE.COLUMN\"}, not \"" + text + "\"");
  } else if (key == "parameter") {
    ReadParameter(reader, text, dataset, source);
  } else {
    reader.Fail(std::string(kSuggestForms));
  }
}

ValueSource ReadSource(JsonReader& reader, const Dataset& dataset) {
  ValueSource source;
  const Json* value = reader.Value("suggest");
  if (!value) return source;
  if (*value == "tables") {
    source.kind = ValueSource::Kind::kTables;
  } else if (value->is_array()) {
    source.kind = ValueSource::Kind::kList;
    source.list = reader.Strings("suggest");
  } else {
    ReadObjectSource(reader, *value, dataset, source);
  }
  return source;
}

Result<PromptArgument> ReadArgument(const Json& object, const Dataset& dataset, const std::string& where) {
  JsonReader reader(object, where);
  PromptArgument argument;
  argument.name = reader.String("name");
  if (!IsIdentifier(argument.name)) reader.Fail("`name` must be letters, digits and underscores");
  argument.title = reader.String("title", "");
  argument.description = reader.String("description");
  if (const Json* fallback = reader.Value("default")) {
    if (fallback->is_string()) {
      argument.fallback = *fallback;
    } else {
      reader.Fail("`default` must be a string, as all arguments of prompts are");
    }
  }
  argument.values = ReadSource(reader, dataset);
  if (Status status = reader.Finish(); !status) return status.error();
  return argument;
}

Result<std::vector<PromptArgument>> ReadArguments(const Json& array, const Dataset& dataset, const std::string& where) {
  std::vector<PromptArgument> arguments;
  for (size_t i = 0; i < array.size(); ++i) {
    Result<PromptArgument> argument = ReadArgument(array[i], dataset, where + ": arguments[" + std::to_string(i) + "]");
    if (!argument) return argument.error();
    if (Find(arguments, argument->name)) return Invalid(where, "`" + argument->name + "` is declared twice");
    arguments.push_back(std::move(*argument));
  }
  return arguments;
}

/// `text` is an argument that holds a table.
bool HoldsTable(const std::vector<PromptArgument>& arguments, std::string_view text) {
  const PromptArgument* argument = Find(arguments, text);
  return argument != nullptr && argument->values.kind == ValueSource::Kind::kTables;
}

/// What stands between {{ and }}.
Result<PromptPiece> ReadPlaceholder(const Prompt& prompt, std::string_view inside, const std::string& where) {
  const std::string written = "{{" + std::string(inside) + "}}";
  const std::string_view trimmed = Trim(inside);
  const size_t space = trimmed.find(' ');
  if (space == std::string_view::npos) {
    if (Find(prompt.arguments, trimmed)) return PromptPiece{PromptPiece::Kind::kArgument, std::string(trimmed), true};
    return Invalid(where, "no argument is declared for " + written, kPlaceholderForms);
  }
  const std::string_view verb = trimmed.substr(0, space);
  std::string_view table = Trim(trimmed.substr(space));
  if (verb != "facts" && verb != "page") return Invalid(where, written + " is unknown", kPlaceholderForms);
  PromptPiece piece{verb == "page" ? PromptPiece::Kind::kPage : PromptPiece::Kind::kFacts, {}, table.starts_with('$')};
  if (verb == "facts" && table == "*") return piece;
  if (piece.is_argument) table.remove_prefix(1);
  piece.text = table;
  if (piece.is_argument && !HoldsTable(prompt.arguments, table)) {
    return Invalid(where, written + " needs an argument `" + piece.text + R"(` with "suggest": "tables")");
  }
  if (!IsIdentifier(table)) return Invalid(where, written + " names no table", kPlaceholderForms);
  return piece;
}

Status ReadPieces(Prompt& prompt, std::string_view text, const std::string& where) {
  while (!text.empty()) {
    const size_t open = text.find("{{");
    if (open != 0) prompt.pieces.push_back({PromptPiece::Kind::kText, std::string(text.substr(0, open)), false});
    if (open == std::string_view::npos) break;
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return Invalid(where, "a placeholder is not closed by }}");
    Result<PromptPiece> piece = ReadPlaceholder(prompt, text.substr(open + 2, close - open - 2), where);
    if (!piece) return piece.error();
    prompt.pieces.push_back(std::move(*piece));
    text.remove_prefix(close + 2);
  }
  return Ok();
}

Status CheckArguments(const Prompt& prompt, const std::string& where) {
  std::set<std::string> used;
  for (const PromptPiece& piece : prompt.pieces) {
    if (piece.is_argument) used.insert(piece.text);
  }
  for (const PromptArgument& argument : prompt.arguments) {
    if (!used.contains(argument.name)) {
      return Invalid(where + ".md", "argument `" + argument.name + "` is not used: write {{" + argument.name + "}}");
    }
    if (argument.values.table_is_argument && !HoldsTable(prompt.arguments, argument.values.table)) {
      return Invalid(where + ".json",
                     "`$" + argument.values.table + R"(` needs an argument of that name with "suggest": "tables")");
    }
  }
  return Ok();
}

}  // namespace

Result<Prompt> ParsePrompt(const std::string& name, std::string_view json, std::string_view text,
                           const Dataset& dataset, const std::string& where) {
  const Result<Json> object = ParseJson(json);
  if (!object) return Invalid(where + ".json", object.error().message);
  JsonReader reader(*object, where + ".json");
  Prompt prompt;
  prompt.name = name;
  prompt.title = reader.String("title");
  prompt.description = reader.String("description");
  const Json& arguments = reader.Array("arguments");
  if (Status status = reader.Finish(); !status) return status.error();
  Result<std::vector<PromptArgument>> read = ReadArguments(arguments, dataset, where + ".json");
  if (!read) return read.error();
  prompt.arguments = std::move(*read);
  if (Trim(text).empty()) return Invalid(where + ".md", "the file is empty");
  if (Status status = ReadPieces(prompt, Trim(text), where + ".md"); !status) return status.error();
  if (Status status = CheckArguments(prompt, where); !status) return status.error();
  return prompt;
}

Result<std::vector<Term>> ParseGlossary(std::string_view json, const std::string& where) {
  const Result<Json> object = ParseJson(json);
  if (!object) return Invalid(where, object.error().message);
  if (!object->is_object()) return Invalid(where, "must be an object of meanings by word");
  std::vector<Term> glossary;
  for (const auto& [name, meaning] : object->items()) {
    if (!meaning.is_string()) return Invalid(where, "the meaning of `" + name + "` must be a string");
    glossary.push_back({name, meaning});
  }
  return glossary;
}

}  // namespace chimera::schema
