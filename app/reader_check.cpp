#include "app/reader_check.h"

#include <vector>

#include "base/text.h"
#include "clickhouse/grants.h"

namespace chimera::app {
namespace {

constexpr int kReadonly = 164;
constexpr size_t kShown = 3;

Result<std::vector<std::string>> Grants(const RequestContext& context, clickhouse::Client& client,
                                        const std::string& sql) {
  clickhouse::Query query;
  query.sql = sql;
  query.database = "system";
  query.max_rows = 10000;
  query.max_bytes = 1u << 20;
  auto rows = client.Read(context, query);
  if (!rows.ok()) return rows.error();
  std::vector<std::string> lines;
  for (const Json& row : rows->Parsed()) lines.push_back(row.at(0).get<std::string>());
  return lines;
}

}  // namespace

const char kReaderAdvice[] =
    "give reads an account of their own with CH_USERNAME (config/clickhouse/accounts.sql makes one), and name the one "
    "that inserts with CH_WRITE_USERNAME";

Result<std::string> BeyondReading(const RequestContext& context, clickhouse::Client& client) {
  // Changes nothing: a setting ends with its request. An account with readonly may not even say so.
  const Status loosened = client.Execute(context, "SET readonly = 0", "");
  if (!loosened.ok() && loosened.error().database_code == kReadonly) return std::string();
  auto grants = Grants(context, client, "SHOW GRANTS");
  if (!grants.ok()) return grants.error();
  std::vector<std::string> beyond;
  for (size_t i = 0; i < grants->size(); ++i) {
    const std::string line = (*grants)[i];
    for (auto& privilege : clickhouse::BeyondReading(line)) beyond.push_back(std::move(privilege));
    for (const auto& role : clickhouse::GrantedRoles(line)) {
      const auto more = Grants(context, client, "SHOW GRANTS FOR " + role);
      if (more.ok() && grants->size() < 1000) grants->insert(grants->end(), more->begin(), more->end());
    }
  }
  const size_t rest = beyond.size() > kShown ? beyond.size() - kShown : 0;
  beyond.resize(beyond.size() - rest);
  return Join(beyond, ", ") + (rest > 0 ? " and " + std::to_string(rest) + " more" : "");
}

}  // namespace chimera::app
