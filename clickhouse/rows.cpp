#include "clickhouse/client.h"

namespace chimera::clickhouse {

Json Rows::Parsed() const {
  auto parsed = ParseJson("[" + rows_json + "]");
  return parsed ? *std::move(parsed) : Json::array();
}

Result<uint64_t> Client::ReadBytes(const RequestContext&, const Query&, const TakeBytes&) {
  return MakeError(ErrorCode::kInternal, "this client reads rows only");
}

}  // namespace chimera::clickhouse
