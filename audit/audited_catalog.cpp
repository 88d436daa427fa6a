#include "audit/audited_catalog.h"

#include <utility>

#include "audit/record.h"
#include "base/text.h"
#include "tools/registry.h"

namespace chimera::audit {
namespace {

std::string Comment(const Record& record) {
  Json comment = {{"call", record.id}, {"tool", record.tool}};
  if (!record.principal.empty()) comment["principal"] = record.principal;
  return ToText(comment);
}

}  // namespace

/// One call, from its beginning to its line, which is written when this goes, whichever way.
class AuditedCatalog::Recording {
 public:
  Recording(AuditedCatalog& audit, const mcp::CallContext& context, std::string_view name, std::string_view arguments)
      : audit_(audit), context_(context), arguments_(arguments) {
    const mcp::ToolDefinition* tool = audit.Find(name);
    writes_ = tool != nullptr && !tool->annotations.read_only;
    record_.time = std::chrono::system_clock::now();
    record_.id = RandomHex(8);
    record_.request = context.request_id;
    record_.session = context.session_id;
    record_.principal = context.principal ? context.principal->name : "";
    record_.client = context.client;
    record_.peer = context.peer.empty() ? audit.options_.transport : context.peer;
    record_.tool = tool != nullptr ? tool->name : std::string(name);
    End("failed", Name(ErrorCode::kInternal));  // of a call that ends in an exception
    context_.trace = &trace_;
    context_.log_comment = Comment(record_);
  }
  Recording(const Recording&) = delete;
  ~Recording() {
    Sum();
    (void)audit_.log_.Append(Line(record_, audit_.options_.hashes_statements));  // it says itself that it fails
  }

  const mcp::CallContext& Context() const { return context_; }
  bool Writes() const { return writes_; }

  void End(std::string_view verdict, std::string_view code) {
    record_.verdict = verdict;
    record_.code = code;
  }

  mcp::ToolResult Ends(mcp::ToolResult result) {
    record_.rows_returned = result.is_error ? 0 : result.rows;
    record_.bytes_returned = result.text.size() + result.structured_json.size();
    if (context_.Cancelled()) {
      End("cancelled", Name(ErrorCode::kCancelled));
    } else if (!result.need.Empty()) {
      End("asked", result.error_code);
    } else {
      End(result.is_error ? VerdictOf(result.error_code) : "allowed", result.error_code);
    }
    return result;
  }

 private:
  void Sum() {
    record_.took = Deadline::Clock::now() - start_;
    record_.work = trace_.Total();
    record_.query_ids = trace_.Ids();
    const SummaryRules rules{.redact = audit_.options_.redact, .hashes_texts = audit_.options_.hashes_statements};
    record_.arguments = writes_ ? SummaryOfWrite(arguments_) : SummaryOfRead(arguments_, rules);
    if (!writes_) record_.statement = StatementIn(arguments_);
    if (record_.statement.empty()) record_.statement = trace_.LastText();
  }

  AuditedCatalog& audit_;
  mcp::CallContext context_;
  const std::string_view arguments_;
  const Deadline::Clock::time_point start_ = Deadline::Clock::now();
  StatementTrace trace_{true};
  bool writes_ = false;
  Record record_;
};

AuditedCatalog::AuditedCatalog(mcp::ToolCatalog& inner, LogFile& log, AuditOptions options)
    : CatalogLayer(inner), log_(log), options_(std::move(options)) {}

mcp::ToolResult AuditedCatalog::Call(const mcp::CallContext& context, std::string_view name,
                                     std::string_view arguments_json) {
  Recording recording(*this, context, name, arguments_json);
  if (const auto error = Unready(recording.Writes())) {
    mcp::ToolResult refused = recording.Ends(tools::ErrorResult(*error));
    recording.End("refused", "audit_unavailable");
    return refused;
  }
  return recording.Ends(Inner().Call(recording.Context(), name, arguments_json));
}

void AuditedCatalog::OnRefused(const mcp::CallContext& context, std::string_view name, std::string_view arguments_json,
                               std::string_view code) {
  Recording recording(*this, context, name, arguments_json);
  recording.End("refused", code);
  CatalogLayer::OnRefused(context, name, arguments_json, code);
}

/// Why a call must not be made: nobody would know of it.
std::optional<Error> AuditedCatalog::Unready(bool writes) {
  if (options_.required == Required::kNone || (options_.required == Required::kWrites && !writes)) return std::nullopt;
  const Status ready = log_.Ready();
  if (ready.ok()) return std::nullopt;
  const bool reads = options_.required == Required::kWrites;
  return MakeError(ErrorCode::kUnavailable,
                   std::string("the audit log cannot be written, and without it this server ") +
                       (reads ? "writes nothing" : "does nothing"),
                   std::string("tell the server's operator; its log says why. ") +
                       (reads ? "Tools that read still work." : "Try again once that is mended."));
}

}  // namespace chimera::audit
