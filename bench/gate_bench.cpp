// What the read gate costs: prints the median microseconds of a 1 kB statement and of one at the length limit, and how
// many times more a byte costs there, as one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "sql/read_gate.h"

namespace {

constexpr const char* kQuery =
    "WITH toStartOfHour(ts) AS hour, (SELECT max(ts) FROM web.events) AS latest "
    "SELECT hour, country, countIf(event = 'buy') AS buys, quantiles(0.5, 0.9)(duration_ms) AS spread, "
    "arrayMap(x -> round(x / 1000, 3), spread) AS seconds, sum(revenue) OVER (PARTITION BY country ORDER BY hour) AS r "
    "FROM web.events AS e INNER JOIN (SELECT user_id, min(created) AS since FROM shop.orders GROUP BY user_id) AS o "
    "ON e.user_id = o.user_id AND e.ts >= o.since LEFT JOIN shop.products AS p ON p.sku = e.props['sku'] "
    "WHERE e.day BETWEEN {since:Date} AND {until:Date} AND e.country IN ('DE', 'FR', 'US') "
    "AND e.user_id NOT IN (SELECT user_id FROM web.sessions WHERE pages < 2) -- no bots\n"
    "AND NOT match(e.user_agent, 'bot|crawler') GROUP BY hour, country HAVING buys > 3 "
    "ORDER BY hour ASC WITH FILL STEP INTERVAL 1 HOUR, r DESC LIMIT 100 SETTINGS max_threads = 4";

double Microseconds(const std::string& sql, size_t repeats) {
  std::vector<double> times;
  for (size_t i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto checked = chimera::sql::CheckRead(sql);
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
    if (!checked.ok()) std::fprintf(stderr, "%s\n", checked.error().message.c_str());
    times.push_back(taken.count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(repeats / 2), times.end());
  return times[repeats / 2];
}

}  // namespace

int main() {
  const std::string query = kQuery;
  std::string longest = "SELECT 1";
  while (longest.size() + query.size() + 20 < chimera::sql::kMaxStatementBytes) longest += " UNION ALL (" + query + ")";
  Microseconds(query, 1000);
  const double small = Microseconds(query, 20'000) * 1000 / static_cast<double>(query.size());
  const double large = Microseconds(longest, 50);
  const double growth = large / static_cast<double>(longest.size()) / (small / 1000);
  std::printf("{\"kilobyte_us\": %.2f, \"longest_us\": %.1f, \"longest_bytes\": %zu, \"growth\": %.2f}\n", small, large,
              longest.size(), growth);
}
