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

const PromptArgument* Find(const std::vector<PromptArgument>& arguments, std::string_view name) {
  const auto found =
      std::find_if(arguments.begin(), arguments.end(), [&](const auto& one) { return one.name == name; });
  return found == arguments.end() ? nullptr : &*found;
}

/// "bench_runs", or "$table" for the table that the argument `table` holds.
void ReadTable(JsonReader& reader, std::string_view text, ValueSource& source) {
  source.table_is_argument = text.starts_with('$');
  source.table = text.substr(source.table_is_argument ? 1 : 0);
  if (!IsIdentifier(source.table)) reader.Fail("`" + std::string(text) + "` is no table", "suggest");
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
  if (source.list.empty()) reader.Fail("there is no parameter `" + path + "` with an enum", "suggest");
}

/// {"columns": …}, {"values": …} or {"parameter": …}.
void ReadObjectSource(JsonReader& reader, const Json& value, const Dataset& dataset, ValueSource& source) {
  const bool one = value.is_object() && value.size() == 1 && value.begin()->is_string();
  if (!one) return reader.Fail(std::string(kSuggestForms), "suggest");
  const std::string key = value.begin().key(), text = *value.begin();
  if (key == "columns") {
    source.kind = ValueSource::Kind::kColumns;
    ReadTable(reader, text, source);
  } else if (key == "values") {
    const auto [table, column] = SplitLast(text);
    source.kind = ValueSource::Kind::kValues;
    source.column = column;
    ReadTable(reader, table, source);
    if (!IsIdentifier(column)) reader.Fail("write {\"values\": \"TABLE.COLUMN\"}, not \"" + text + "\"", "suggest");
  } else if (key == "parameter") {
    ReadParameter(reader, text, dataset, source);
  } else {
    reader.Fail(std::string(kSuggestForms), "suggest");
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

PromptArgument ReadArgument(const Json& object, const Dataset& dataset, const Spot& spot) {
  JsonReader reader(object, spot.File());
  PromptArgument argument;
  argument.name = reader.String("name");
  if (reader.Holds("name") && !IsIdentifier(argument.name))
    reader.Fail("`name` must be letters, digits and underscores", "name");
  argument.title = reader.String("title", "");
  argument.description = reader.String("description");
  if (const Json* fallback = reader.Value("default")) {
    if (fallback->is_string()) {
      argument.fallback = *fallback;
    } else {
      reader.Fail("`default` must be a string, as all arguments of prompts are", "default");
    }
  }
  argument.values = ReadSource(reader, dataset);
  spot.Finish(reader);
  return argument;
}

std::vector<PromptArgument> ReadArguments(const Json& array, const Dataset& dataset, const Spot& spot) {
  std::vector<PromptArgument> arguments;
  for (size_t i = 0; i < array.size(); ++i) {
    PromptArgument argument = ReadArgument(array[i], dataset, spot.Item("arguments", i));
    if (!argument.name.empty() && Find(arguments, argument.name)) {
      spot.At("", "/arguments/" + std::to_string(i)).Fail("`" + argument.name + "` is declared twice");
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

/// `text` is an argument that holds a table.
bool HoldsTable(const std::vector<PromptArgument>& arguments, std::string_view text) {
  const PromptArgument* argument = Find(arguments, text);
  return argument != nullptr && argument->values.kind == ValueSource::Kind::kTables;
}

/// What stands between {{ and }}.
PromptPiece ReadPlaceholder(const Prompt& prompt, std::string_view inside, const Spot& spot, size_t offset) {
  const auto refuse = [&](const std::string& message, std::string_view hint) {
    spot.Fail(message, std::string(hint), offset);
    return PromptPiece{};
  };
  const std::string written = "{{" + std::string(inside) + "}}";
  const std::string_view trimmed = Trim(inside);
  const size_t space = trimmed.find(' ');
  if (space == std::string_view::npos) {
    if (Find(prompt.arguments, trimmed)) return PromptPiece{PromptPiece::Kind::kArgument, std::string(trimmed), true};
    return refuse("no argument is declared for " + written, kPlaceholderForms);
  }
  const std::string_view verb = trimmed.substr(0, space);
  std::string_view table = Trim(trimmed.substr(space));
  if (verb != "facts" && verb != "page") return refuse(written + " is unknown", kPlaceholderForms);
  PromptPiece piece{verb == "page" ? PromptPiece::Kind::kPage : PromptPiece::Kind::kFacts, {}, table.starts_with('$')};
  if (verb == "facts" && table == "*") return piece;
  if (piece.is_argument) table.remove_prefix(1);
  piece.text = table;
  if (piece.is_argument && !HoldsTable(prompt.arguments, table)) {
    return refuse(written + " needs an argument `" + piece.text + R"(` with "suggest": "tables")", {});
  }
  if (!IsIdentifier(table)) return refuse(written + " names no table", kPlaceholderForms);
  return piece;
}

void ReadPieces(Prompt& prompt, std::string_view text, const Spot& spot) {
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find("{{", at);
    if (open != at) prompt.pieces.push_back({PromptPiece::Kind::kText, std::string(text.substr(at, open - at)), false});
    if (open == std::string_view::npos) break;
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return spot.Fail("a placeholder is not closed by }}", {}, open);
    prompt.pieces.push_back(ReadPlaceholder(prompt, text.substr(open + 2, close - open - 2), spot, open));
    at = close + 2;
  }
}

void CheckArguments(const Prompt& prompt, const Spot& json, const Spot& md) {
  std::set<std::string> used;
  for (const PromptPiece& piece : prompt.pieces) {
    if (piece.is_argument) used.insert(piece.text);
  }
  for (size_t i = 0; i < prompt.arguments.size(); ++i) {
    const PromptArgument& argument = prompt.arguments[i];
    if (!used.contains(argument.name) && IsIdentifier(argument.name)) {
      md.Fail("argument `" + argument.name + "` is not used: write {{" + argument.name + "}}");
    }
    if (argument.values.table_is_argument && !HoldsTable(prompt.arguments, argument.values.table)) {
      json.At("", "/arguments/" + std::to_string(i) + "/suggest")
          .Fail("`$" + argument.values.table + R"(` needs an argument of that name with "suggest": "tables")");
    }
  }
}

}  // namespace

Prompt ParsePrompt(const std::string& name, std::string_view json, const std::string* text, const Dataset& dataset,
                   const Spot& spot) {
  Prompt prompt;
  prompt.name = name;
  const Result<Json> object = ParseJson(json);
  if (!object) spot.Fail(object.error());
  if (!object) return prompt;
  JsonReader reader(*object, spot.File());
  prompt.title = reader.String("title");
  prompt.description = reader.String("description");
  const Json& arguments = reader.Array("arguments");
  const bool listed = reader.Value("arguments") == &arguments;
  spot.Finish(reader);
  prompt.arguments = ReadArguments(arguments, dataset, spot);
  if (!text || !listed) return prompt;
  const Spot md = spot.InFile(spot.File().substr(0, spot.File().rfind(".json")) + ".md");
  if (Trim(*text).empty()) md.Fail("the file is empty");
  if (Trim(*text).empty()) return prompt;
  ReadPieces(prompt, Trim(*text), md.After(static_cast<size_t>(Trim(*text).data() - text->data())));
  CheckArguments(prompt, spot, md);
  return prompt;
}

std::vector<Term> ParseGlossary(std::string_view json, const Spot& spot) {
  std::vector<Term> glossary;
  const Result<Json> object = ParseJson(json);
  if (!object) spot.Fail(object.error());
  if (!object) return glossary;
  if (!object->is_object()) spot.Fail("must be an object of meanings by word");
  if (!object->is_object()) return glossary;
  for (const auto& [name, meaning] : object->items()) {
    if (meaning.is_string())
      glossary.push_back({name, meaning});
    else
      spot.At("", PointerTo(name)).Fail("the meaning of `" + name + "` must be a string");
  }
  return glossary;
}

}  // namespace chimera::schema
