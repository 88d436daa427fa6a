// The tools of another catalogue, whose reads say how fresh they are, and can ask for what waits in the buffer to be
// stored first: `require_fresh`, `min_watermark`, `strict`. Costs a read without these one look at the buffer.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "freshness/freshness.h"
#include "freshness/touched_tables.h"
#include "ingest/write_buffer.h"
#include "mcp/catalog_layer.h"

namespace chimera::freshness {

using Instant = std::chrono::system_clock::time_point;

struct FreshOptions {
  std::chrono::milliseconds wait{2000};      ///< that a read waits for a flush: CHIMERA_FRESH_MS
  std::chrono::milliseconds look{1000};      ///< for the buffer to say what waits; a read goes on without
  std::string default_database = "default";  ///< of tables without one
  std::function<Instant()> clock = std::chrono::system_clock::now;
};

class FreshCatalog : public mcp::CatalogLayer {
 public:
  /// `inner` and `buffer` must outlive this; `datasets` are those that are on, and not kept. Left as they are: tools
  /// that write, `get.ingest_status` and `timestore.datasets`, and those that have one of these members themselves.
  FreshCatalog(mcp::ToolCatalog& inner, ingest::WriteBuffer& buffer, const std::vector<schema::Dataset>& datasets,
               FreshOptions options);

  const std::vector<mcp::ToolDefinition>& Definitions() const override { return definitions_; }

  /// As the inner catalogue, after a flush of the tables that the call touches where that was asked for and something
  /// waits. Answers carry `freshness`, of a look at the buffer before the read. What is stale nevertheless is answered
  /// with a note, or with `strict` refused: kTimeout, kUnavailable (the flush fails, or the buffer), kConflict (a
  /// min_watermark that the buffer never gave out). Arguments that do not fit are kInvalidArgument.
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;

 private:
  struct Wish {
    bool fresh = false;
    std::optional<ingest::Position> watermark;
    bool strict = false;
  };
  struct Look {
    std::vector<ingest::Backlog> touched;  ///< whatever waits for them
    ingest::Position newest = 0;           ///< of all that the buffer ever took
  };
  class Read;

  static void Extend(mcp::ToolDefinition& definition);
  /// Of arguments that were checked.
  static Wish WishIn(const Json& arguments);
  Result<Look> LookAt(const RequestContext& context, std::string_view tool, const Json& arguments) const;

  ingest::WriteBuffer& buffer_;
  const TouchedTables tables_;
  const FreshOptions options_;
  std::vector<mcp::ToolDefinition> definitions_;
  std::map<std::string, const mcp::ToolDefinition*, std::less<>> reads_;  ///< those that were extended, as listed
};

}  // namespace chimera::freshness
