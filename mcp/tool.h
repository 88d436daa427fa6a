// What the protocol needs to know of a tool. The protocol layer lists and calls tools through `ToolCatalog`; it knows
// nothing of what they do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "mcp/call_context.h"
#include "mcp/icon.h"
#include "mcp/reply_headers.h"

namespace chimera::mcp {

struct ToolAnnotations {
  bool read_only = true;
  bool destructive = false;
  bool idempotent = true;
  bool open_world = false;
};

struct ToolDefinition {
  std::string name;  ///< as listed
  std::string title;
  std::string description;
  Json input_schema;  ///< an object schema without top-level oneOf/anyOf/allOf
  Json output_schema;
  ToolAnnotations annotations;
  std::vector<Icon> icons = {};
  bool always_task = false;  ///< answered with a task, never with a result; for clients that take tasks only
};

/// A tool's answer. `structured_json` is the text of one JSON object that fits the tool's output schema; it is passed
/// on as bytes. It is empty when is_error: clients validate it against the output schema even then. `text` says the
/// same to a model. `meta_json` is the text of the result's `_meta` object, or empty; errors put their machine-readable
/// form there. With a `need`, the rest does not count.
struct ToolResult {
  std::string text;
  std::string structured_json;
  std::string meta_json;
  bool is_error = false;
  std::string error_code = {};    ///< of an error, for the log and counters: a stable name such as "timeout"
  std::string query_id = {};      ///< of the statement that failed, or of those that were sent, for the log; or empty
  std::string content_json = {};  ///< the text of a JSON array of content blocks, sent instead of `text`; or empty
  uint64_t rows = 0;              ///< of the answer, for the record
  InputNeed need = {};            ///< what the client has to be asked before there is a result
  Headers headers = {};           ///< of the reply, over HTTP
};

/// What a caller needs for a tool: to read, or to write.
inline Scope ScopeFor(const ToolDefinition& tool) {
  return tool.annotations.read_only ? Scope::kRead : Scope::kWrite;
}

class ToolCatalog {
 public:
  virtual ~ToolCatalog() = default;

  /// All tools in a deterministic order. Thread-safe.
  virtual const std::vector<ToolDefinition>& Definitions() const = 0;
  /// True when `Call` would find `name`.
  virtual bool Has(std::string_view name) const = 0;
  /// What a caller needs for the tool `name`, with dots or underscores, whichever is listed; kAdmin for one that is
  /// not.
  Scope Needs(std::string_view name) const;
  /// Runs a tool. `arguments_json` is the text of a JSON object. Never throws for bad input: that is an is_error
  /// result. Blocks until the result, the deadline or the cancellation. Thread-safe. Requires Has(name).
  virtual ToolResult Call(const CallContext& context, std::string_view name, std::string_view arguments_json) = 0;
  /// The protocol let a call not through to `Call`; `code` says why: "unknown_tool" or "insufficient_scope". For those
  /// who keep a record; thread-safe.
  virtual void OnRefused(const CallContext& /*context*/, std::string_view /*name*/, std::string_view /*arguments_json*/,
                         std::string_view /*code*/) {}
  /// True when `Call` may need something from a client that can be asked (ToolResult::need). Thread-safe.
  virtual bool MayAsk(std::string_view /*name*/) const { return false; }
  /// "did you mean …" for a name that is not there, or "".
  virtual std::string Suggestion(std::string_view name) const = 0;
};

}  // namespace chimera::mcp
