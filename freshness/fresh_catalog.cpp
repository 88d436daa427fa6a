#include "freshness/fresh_catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/schema_check.h"
#include "ingest/position.h"
#include "tools/answer.h"
#include "tools/registry.h"

namespace chimera::freshness {
namespace {

using ingest::Backlog;
using ingest::Position;

constexpr const char* kRequireFresh = "require_fresh";
constexpr const char* kMinWatermark = "min_watermark";
constexpr const char* kStrict = "strict";
constexpr std::array kArguments = {kRequireFresh, kMinWatermark, kStrict};

// These tell of the buffer itself.
constexpr std::array<std::string_view, 4> kTellOfBuffer = {"get.ingest_status", "get_ingest_status",
                                                           "timestore.datasets", "timestore_datasets"};

bool Declares(const Json& schema, const char* name) {
  const auto properties = schema.find("properties");
  return properties != schema.end() && properties->contains(name);
}

bool IsExtended(const mcp::ToolDefinition& tool) {
  if (!tool.annotations.read_only || Declares(tool.output_schema, "freshness")) return false;
  if (std::find(kTellOfBuffer.begin(), kTellOfBuffer.end(), tool.name) != kTellOfBuffer.end()) return false;
  return std::none_of(kArguments.begin(), kArguments.end(),
                      [&](const char* name) { return Declares(tool.input_schema, name); });
}

std::vector<Problem> Problems(const Json& arguments, const Json& schema) {
  std::vector<Problem> problems = CheckSchema(arguments, schema);
  const auto watermark = arguments.find(kMinWatermark);
  const bool has_watermark = watermark != arguments.end();
  if (has_watermark && watermark->is_string() && !ingest::ParsePosition(watermark->get_ref<const std::string&>())) {
    problems.push_back({kMinWatermark, "is no position in the buffer", Excerpt(*watermark),
                        "send one that an insert or an answer's freshness told, such as 2026-11-21T18:30:00.000000Z"});
  }
  if (arguments.value(kStrict, Json()) == Json(true) && !has_watermark && !arguments.contains(kRequireFresh)) {
    problems.push_back({kStrict, "says nothing alone", "true", "send require_fresh or min_watermark with it"});
  }
  return problems;
}

bool Waits(const Backlog& backlog) {
  return backlog.oldest > 0;
}

template <typename Member>
uint64_t Sum(const std::vector<Backlog>& backlogs, Member member) {
  uint64_t sum = 0;
  for (const Backlog& backlog : backlogs) sum += backlog.*member;
  return sum;
}

}  // namespace

/// One call, up to the read.
class FreshCatalog::Read {
 public:
  Read(const FreshCatalog& catalog, const mcp::CallContext& context, std::string_view tool, const Json& arguments,
       const Wish& wish)
      : catalog_(catalog),
        context_(context),
        tool_(tool),
        arguments_(arguments),
        wish_(wish),
        look_(catalog.LookAt(context, tool, arguments)) {}

  /// Has stored what was wished for, as far as that can be done. Errors: the refusal of a strict call.
  Status Freshen() {
    if (!wish_.fresh && !wish_.watermark) return Ok();
    if (look_.ok()) {
      until_ = Until();
      if (Lacks()) Flush();
    }
    stale_ = WhyStale();
    if (!stale_ || !wish_.strict) return Ok();
    if (stale_->code == ErrorCode::kConflict) return *stale_;  // waiting would not help
    stale_->hint = "send the call again; without strict it is answered with what is in the database";
    stale_->retry_after = std::chrono::ceil<std::chrono::seconds>(
        std::max<std::chrono::milliseconds>(catalog_.options_.wait, std::chrono::seconds(1)));
    return *stale_;
  }

  Freshness Found() const {
    Freshness found;
    if (!look_.ok()) {
      found.note = BufferError().message;
      return found;
    }
    const Position oldest = Oldest();
    if (oldest > 0) {
      found.age = AgeOf(oldest);
      found.watermark = oldest - 1;
    } else {
      found.age = std::chrono::milliseconds(0);
      // Not the time of the look: a write may have got an earlier position and be safe a moment later.
      if (look_->newest > 0) found.watermark = look_->newest;
    }
    found.pending_rows = Sum(look_->touched, &Backlog::rows);
    found.note = Note();
    return found;
  }

 private:
  /// Up to where the flush goes: later writes must not keep it from ending.
  Position Until() const {
    Position until = wish_.watermark ? std::min(*wish_.watermark, look_->newest) : 0;
    if (!wish_.fresh) return until;
    for (const Backlog& backlog : look_->touched) until = std::max(until, backlog.newest);
    return until;
  }

  bool Lacks() const {
    return std::any_of(look_->touched.begin(), look_->touched.end(),
                       [&](const Backlog& backlog) { return Waits(backlog) && backlog.oldest <= until_; });
  }

  void Flush() {
    std::vector<ingest::Destination> tables;
    for (const Backlog& backlog : look_->touched) {
      if (Waits(backlog)) tables.push_back(backlog.to);
    }
    RequestContext bounded = context_;
    bounded.deadline = context_.deadline.Earlier(Deadline::After(catalog_.options_.wait));
    if (Status flushed = catalog_.buffer_.Flush(bounded, tables, until_); !flushed) failure_ = flushed.error();
    look_ = catalog_.LookAt(context_, tool_, arguments_);
  }

  std::optional<Error> WhyStale() const {
    if (!look_.ok()) return BufferError();
    if (Lacks()) return FlushError();
    if (!wish_.watermark || *wish_.watermark <= look_->newest) return std::nullopt;
    return MakeError(ErrorCode::kConflict, "min_watermark is newer than every write that this buffer has taken",
                     "send a position that an insert or an answer's freshness told");
  }

  Error BufferError() const {
    return MakeError(ErrorCode::kUnavailable,
                     "the buffer cannot be asked what waits in it (" + Told(look_.error()) + ")");
  }

  Error FlushError() const {
    if (!failure_ || failure_->code == ErrorCode::kTimeout) {
      return MakeError(ErrorCode::kTimeout, "buffered rows were not stored within " +
                                                std::to_string(catalog_.options_.wait.count()) + " ms");
    }
    return MakeError(ErrorCode::kUnavailable, "buffered rows cannot be stored now (" + Told(*failure_) + ")");
  }

  /// A caller with a database account of his own is not shown what others' data or accounts make the database say.
  std::string Told(const Error& error) const {
    const bool in_part = context_.principal && context_.principal->database_account;
    return std::string(Name(error.code)) + (in_part ? "" : ": " + error.message);
  }

  std::string Note() const {
    std::string note = stale_ ? "stale: " + stale_->message : "";
    const uint64_t dead = Sum(look_->touched, &Backlog::dead);
    if (dead == 0) return note;
    return note + (note.empty() ? "" : "; ") + std::to_string(dead) + (dead == 1 ? " row" : " rows") +
           " could not be stored (dead letters)";
  }

  Position Oldest() const {
    Position oldest = 0;
    for (const Backlog& backlog : look_->touched) {
      if (Waits(backlog) && (oldest == 0 || backlog.oldest < oldest)) oldest = backlog.oldest;
    }
    return oldest;
  }

  std::chrono::milliseconds AgeOf(Position position) const {
    const auto age = catalog_.options_.clock().time_since_epoch() - std::chrono::microseconds(position);
    return std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(age));
  }

  const FreshCatalog& catalog_;
  const mcp::CallContext& context_;
  const std::string_view tool_;
  const Json& arguments_;
  const Wish wish_;
  Result<Look> look_;
  Position until_ = 0;
  std::optional<Error> failure_;  ///< of the flush
  std::optional<Error> stale_;    ///< why it is
};

FreshCatalog::FreshCatalog(mcp::ToolCatalog& inner, ingest::WriteBuffer& buffer,
                           const std::vector<schema::Dataset>& datasets, FreshOptions options)
    : CatalogLayer(inner),
      buffer_(buffer),
      tables_(datasets, options.default_database),
      options_(std::move(options)),
      definitions_(inner.Definitions()) {
  for (mcp::ToolDefinition& tool : definitions_) {
    if (!IsExtended(tool)) continue;
    Extend(tool);
    reads_[tool.name] = &tool;
  }
}

mcp::ToolResult FreshCatalog::Call(const mcp::CallContext& context, std::string_view name,
                                   std::string_view arguments_json) {
  const mcp::ToolDefinition* tool = Find(name);
  const auto found = tool == nullptr ? reads_.end() : reads_.find(tool->name);
  if (found == reads_.end()) return Inner().Call(context, name, arguments_json);
  auto arguments = ParseJson(arguments_json);
  if (!arguments || !arguments->is_object()) return Inner().Call(context, name, arguments_json);  // says what is wrong
  auto problems = Problems(*arguments, found->second->input_schema);
  if (!problems.empty()) return tools::ErrorResult(InvalidArguments(tool->name, std::move(problems)));

  const Wish wish = WishIn(*arguments);
  Read read(*this, context, tool->name, *arguments, wish);
  if (Status fresh = read.Freshen(); !fresh) return tools::ErrorResult(fresh.error());
  const Freshness freshness = read.Found();
  size_t taken = 0;
  for (const char* argument : kArguments) taken += arguments->erase(argument);
  const std::string others = taken == 0 ? std::string() : ToText(*arguments);
  mcp::ToolResult result = Inner().Call(context, name, taken == 0 ? arguments_json : others);
  Attach(freshness, result);
  return result;
}

void FreshCatalog::Extend(mcp::ToolDefinition& definition) {
  Json& input = definition.input_schema["properties"];
  input[kRequireFresh] = tools::Typed("boolean", "store buffered writes first");
  input[kMinWatermark] = tools::Typed("string", "only those up to this position");
  input[kStrict] = tools::Typed("boolean", "fail rather than answer without them");
  if (definition.output_schema.is_object()) definition.output_schema["properties"]["freshness"] = {{"type", "object"}};
}

FreshCatalog::Wish FreshCatalog::WishIn(const Json& arguments) {
  Wish wish;
  wish.fresh = arguments.value(kRequireFresh, false);
  wish.strict = arguments.value(kStrict, false);
  if (const auto text = arguments.find(kMinWatermark); text != arguments.end()) {
    wish.watermark = ingest::ParsePosition(text->get_ref<const std::string&>());
  }
  return wish;
}

Result<FreshCatalog::Look> FreshCatalog::LookAt(const RequestContext& context, std::string_view tool,
                                                const Json& arguments) const {
  RequestContext bounded = context;
  bounded.deadline = context.deadline.Earlier(Deadline::After(options_.look));
  auto backlogs = buffer_.Backlogs(bounded);
  if (!backlogs) return std::move(backlogs).error();
  Look look;
  bool any = false;
  for (const Backlog& backlog : *backlogs) {
    look.newest = std::max(look.newest, backlog.newest);
    any |= Waits(backlog) || backlog.dead > 0;
  }
  if (any) look.touched = tables_.Of(tool, arguments, *backlogs);
  return look;
}

}  // namespace chimera::freshness
