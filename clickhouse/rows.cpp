#include "clickhouse/client.h"

namespace chimera::clickhouse {

Json Rows::Parsed() const {
  auto parsed = ParseJson("[" + rows_json + "]");
  return parsed ? *std::move(parsed) : Json::array();
}

}  // namespace chimera::clickhouse
