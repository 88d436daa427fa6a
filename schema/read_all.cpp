#include "schema/read_all.h"

namespace chimera::schema {
namespace {

constexpr uint64_t kMaxRows = 200'000;
constexpr uint64_t kMaxBytes = 64u << 20;

}  // namespace

Result<Json> ReadAll(const RequestContext& context, clickhouse::Client& client, clickhouse::Query query) {
  query.max_rows = kMaxRows;
  query.max_bytes = kMaxBytes;
  const Result<clickhouse::Rows> rows = client.Read(context, query);
  if (!rows) return rows.error();
  if (rows->truncated) return MakeError(ErrorCode::kTooLarge, "the database tells more of itself than is read here");
  return rows->Parsed();
}

}  // namespace chimera::schema
