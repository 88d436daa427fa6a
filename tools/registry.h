// All tools of this server, as the protocol sees them: lists them in one spelling, finds them in both, turns an Answer
// or an Error into a ToolResult.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/tool.h"
#include "tools/tool.h"

namespace chimera::tools {

enum class NameStyle { kDotted, kUnderscore };

class Registry : public mcp::ToolCatalog {
 public:
  /// `timeout` bounds the calls of tools that take none of their own; see Tool::TakesTimeout.
  explicit Registry(NameStyle style, std::chrono::seconds timeout = std::chrono::seconds(30))
      : style_(style), timeout_(timeout) {}

  /// Requires that no tool of that name is there. Tools are listed in the order of addition. `may_ask`: its reads keep
  /// to a budget, so that a call may turn into a question to the user.
  void Add(std::unique_ptr<Tool> tool, bool may_ask = false);
  /// A tool that there could be, and that the operator wants nobody to call: to whoever asks for it in spite of that,
  /// `why` is told. `dotted` is its name.
  void SwitchOff(const std::string& dotted, std::string why);
  /// Adds to the descriptions of tools which of those that they name are switched off. After all are there.
  void NoteSwitchedOff();

  const std::vector<mcp::ToolDefinition>& Definitions() const override { return definitions_; }
  bool Has(std::string_view name) const override;
  bool MayAsk(std::string_view name) const override;
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;
  std::string Suggestion(std::string_view name) const override;

  /// `text` with the names of tools, and families such as get.*, spelled as they are listed; where it names tools that
  /// are switched off, a last line says so. For texts beside the tools; thread-safe.
  std::string Spelled(std::string text) const;

  /// By dotted name, why.
  const std::map<std::string, std::string, std::less<>>& SwitchedOff() const { return switched_off_; }

 private:
  Tool* Find(std::string_view name) const;
  std::string InListedStyle(std::string dotted) const;
  std::string OffNote(std::string_view text) const;

  NameStyle style_;
  std::chrono::seconds timeout_;
  std::vector<std::unique_ptr<Tool>> tools_;
  std::vector<mcp::ToolDefinition> definitions_;
  std::map<std::string, Tool*, std::less<>> by_name_;  ///< both spellings
  std::set<const Tool*> asking_;
  std::map<std::string, std::string, std::less<>> switched_off_;  ///< by dotted name, why
};

/// An error as a model reads it: text "unknown_column: … Hint: …", and in `_meta` {"chimera/error": {code, message,
/// hint, problems, database_code, query_id, position, retry_after_s}}.
mcp::ToolResult ErrorResult(const Error& error);
/// Summary, then the JSON when there are at most 500 rows.
mcp::ToolResult AnswerResult(Answer answer);

}  // namespace chimera::tools
