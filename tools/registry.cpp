#include "tools/registry.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "tools/consent.h"

namespace chimera::tools {
namespace {

constexpr uint64_t kMaxRowsInText = 500;

std::string Underscored(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// `text[at, at + length)` is a name of its own, not part of a longer one; a full stop after it ends a sentence.
bool IsWholeName(std::string_view text, size_t at, size_t length) {
  if (at > 0 && (IsNameByte(text[at - 1]) || text[at - 1] == '.')) return false;
  const std::string_view rest = text.substr(at + length);
  if (rest.empty()) return true;
  if (rest[0] == '.') return rest.size() == 1 || !IsNameByte(rest[1]);
  return !IsNameByte(rest[0]);
}

void Respell(std::string& text, const std::string& dotted) {
  const std::string listed = Underscored(dotted);  // of the same length
  for (size_t at = text.find(dotted); at != std::string::npos; at = text.find(dotted, at + 1)) {
    if (IsWholeName(text, at, dotted.size())) text.replace(at, dotted.size(), listed);
  }
}

// `query` is a word, too: names without a dot count in code only.
bool Mentions(std::string_view text, const std::string& name) {
  if (name.find_first_of("._") == std::string::npos) return text.find("`" + name + "`") != std::string_view::npos;
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (IsWholeName(text, at, name.size())) return true;
  }
  return false;
}

std::string FamilyOf(const std::string& dotted) {
  const size_t dot = dotted.find('.');
  return dot == std::string::npos ? "" : dotted.substr(0, dot) + ".*";
}

// Only descriptions are prose; enums and defaults are data.
void RespellDescriptions(Json& schema, const std::string& dotted) {
  if (schema.is_object() && schema.contains("description") && schema["description"].is_string()) {
    Respell(schema["description"].get_ref<std::string&>(), dotted);
  }
  if (!schema.is_structured()) return;
  for (auto& item : schema) RespellDescriptions(item, dotted);
}

void RespellMentions(mcp::ToolDefinition& definition, const std::string& dotted) {
  Respell(definition.description, dotted);
  RespellDescriptions(definition.input_schema, dotted);
  RespellDescriptions(definition.output_schema, dotted);
}

std::string ProblemLine(const Problem& problem) {
  std::string line = "\n- " + (problem.path.empty() ? std::string("arguments") : problem.path) + ": " + problem.message;
  if (!problem.value.empty()) line += "; got " + problem.value;
  if (!problem.hint.empty()) line += "; " + problem.hint;
  return line;
}

std::string ErrorText(const Error& error) {
  std::string text = std::string(Name(error.code)) + ": " + error.message;
  if (!error.hint.empty()) text += "\nHint: " + error.hint;
  for (const Problem& problem : error.problems) text += ProblemLine(problem);
  return text;
}

Json ProblemJson(const Problem& problem) {
  Json json = {{"path", problem.path}, {"message", problem.message}};
  if (!problem.value.empty()) json["value"] = problem.value;
  if (!problem.hint.empty()) json["hint"] = problem.hint;
  return json;
}

Json ErrorJson(const Error& error) {
  Json json = {{"code", Name(error.code)}, {"message", error.message}};
  if (!error.hint.empty()) json["hint"] = error.hint;
  for (const Problem& problem : error.problems) json["problems"].push_back(ProblemJson(problem));
  if (error.database_code != 0) json["database_code"] = error.database_code;
  if (!error.query_id.empty()) json["query_id"] = error.query_id;
  if (error.position) json["position"] = *error.position;
  if (error.retry_after) json["retry_after_s"] = error.retry_after->count();
  return json;
}

}  // namespace

void Registry::Add(std::unique_ptr<Tool> tool, bool may_ask) {
  if (may_ask) asking_.insert(tool.get());
  mcp::ToolDefinition definition = tool->Definition();
  const std::string dotted = definition.name;
  by_name_[dotted] = tool.get();
  by_name_[Underscored(dotted)] = tool.get();
  tools_.push_back(std::move(tool));
  if (style_ == NameStyle::kUnderscore) {
    definition.name = Underscored(dotted);
    for (const auto& known : tools_) RespellMentions(definition, known->Definition().name);
    for (auto& listed : definitions_) RespellMentions(listed, dotted);
  }
  definitions_.push_back(std::move(definition));
}

void Registry::SwitchOff(const std::string& dotted, std::string why) {
  switched_off_[dotted] = std::move(why);
}

void Registry::NoteSwitchedOff() {
  for (auto& definition : definitions_) {
    const std::string note = OffNote(definition.description + ToText(definition.input_schema));
    if (!note.empty()) definition.description += " " + note;
  }
}

bool Registry::Has(std::string_view name) const {
  return Find(name) != nullptr;
}

bool Registry::MayAsk(std::string_view name) const {
  return asking_.contains(Find(name));
}

mcp::ToolResult Registry::Call(const mcp::CallContext& context, std::string_view name,
                               std::string_view arguments_json) {
  Tool* tool = Find(name);
  if (tool == nullptr) {
    return ErrorResult(MakeError(ErrorCode::kUnknownTool, "no tool `" + std::string(name) + "`", Suggestion(name)));
  }
  RequestContext bounded = context;
  StatementTrace own;
  if (bounded.trace == nullptr) bounded.trace = &own;
  if (!tool->TakesTimeout()) bounded.deadline = context.deadline.Earlier(Deadline::After(timeout_));
  const Consent consent = ConsentIn(context.inputs, name, arguments_json);
  if (consent == Consent::kRefused) return ErrorResult(DeclinedError());
  bounded.may_exceed_budget = consent == Consent::kGiven;
  auto answer = tool->Run(bounded, arguments_json);
  const bool may_ask = !answer && answer.error().code == ErrorCode::kOverBudget && context.abilities.elicitation;
  if (!answer && !switched_off_.empty()) {
    if (const std::string note = OffNote(answer.error().hint); !note.empty()) answer.error().hint += " " + note;
  }
  mcp::ToolResult result = answer ? AnswerResult(*std::move(answer)) : ErrorResult(answer.error());
  if (may_ask) result.need = AskConsent(answer.error(), name, arguments_json);
  if (result.query_id.empty()) result.query_id = bounded.trace->Text();
  return result;
}

std::string Registry::Suggestion(std::string_view name) const {
  for (const auto& [dotted, why] : switched_off_) {
    if (Underscored(dotted) == Underscored(std::string(name))) return why;
  }
  std::vector<std::string> names;
  for (const auto& definition : definitions_) names.push_back(definition.name);
  return DidYouMean(name, names);
}

std::string Registry::Spelled(std::string text) const {
  if (const std::string note = OffNote(text); !note.empty()) text += "\n" + note;
  if (style_ == NameStyle::kDotted) return text;
  std::vector<std::string> names;
  for (const auto& tool : tools_) names.push_back(tool->Definition().name);
  for (const auto& [dotted, why] : switched_off_) names.push_back(dotted);
  for (const auto& dotted : names) {
    Respell(text, dotted);
    if (const std::string family = FamilyOf(dotted); !family.empty()) Respell(text, family);
  }
  return text;
}

std::string Registry::InListedStyle(std::string dotted) const {
  return style_ == NameStyle::kDotted ? dotted : Underscored(std::move(dotted));
}

/// "Not on this server: `insert.*`." for a text that names tools that are switched off; otherwise "".
std::string Registry::OffNote(std::string_view text) const {
  std::vector<std::string> named;
  std::set<std::string> families;
  const auto note = [&](const std::string& dotted) {
    if (Mentions(text, dotted) || Mentions(text, Underscored(dotted)))
      named.push_back("`" + InListedStyle(dotted) + "`");
  };
  for (const auto& [dotted, why] : switched_off_) {
    note(dotted);
    families.insert(FamilyOf(dotted));
  }
  for (const auto& tool : tools_) families.erase(FamilyOf(tool->Definition().name));
  families.erase("");
  for (const auto& family : families) note(family);
  return named.empty() ? "" : "Not on this server: " + Join(named, ", ") + ".";
}

Tool* Registry::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

mcp::ToolResult ErrorResult(const Error& error) {
  mcp::ToolResult result;
  result.is_error = true;
  result.text = ErrorText(error);
  result.meta_json = ToText(Json{{"chimera/error", ErrorJson(error)}});
  result.error_code = Name(error.code);
  result.query_id = error.query_id;
  return result;
}

mcp::ToolResult AnswerResult(Answer answer) {
  mcp::ToolResult result;
  result.rows = answer.row_count;
  result.text = std::move(answer.summary);
  if (answer.row_count <= kMaxRowsInText) {
    result.text += (result.text.empty() ? "" : "\n") + answer.structured_json;
  } else {
    result.text += "\nThe rows are in structuredContent only: there are more than 500.";
  }
  result.structured_json = std::move(answer.structured_json);
  result.headers = std::move(answer.headers);
  return result;
}

}  // namespace chimera::tools
