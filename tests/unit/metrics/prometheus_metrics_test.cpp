#include "metrics/prometheus_metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace chimera::metrics {
namespace {

using std::chrono::milliseconds;

class PrometheusMetricsTest : public ::testing::Test {
 protected:
  /// Whether the page has this line.
  bool Has(const std::string& line) const {
    return ("\n" + metrics_.Text(figures_)).find("\n" + line + "\n") != std::string::npos;
  }

  PrometheusMetrics metrics_{"1.2.3"};
  Figures figures_;
};

TEST_F(PrometheusMetricsTest, CountsCallsByToolAndOutcome) {
  metrics_.OnToolCall({"query", {}, milliseconds(3)});
  metrics_.OnToolCall({"query", {}, milliseconds(300)});
  metrics_.OnToolCall({"query", ErrorCode::kTimeout, milliseconds(3)});
  EXPECT_TRUE(Has(R"(chimera_tool_calls_total{outcome="ok",tool="query"} 2)")) << metrics_.Text(figures_);
  EXPECT_TRUE(Has(R"(chimera_tool_calls_total{outcome="timeout",tool="query"} 1)"));
  EXPECT_TRUE(Has(R"(chimera_tool_call_duration_seconds_count{tool="query"} 3)"));
  EXPECT_TRUE(Has(R"(chimera_tool_call_duration_seconds_bucket{tool="query",le="0.005"} 2)"));
  EXPECT_TRUE(Has("# TYPE chimera_tool_call_duration_seconds histogram"));
}

TEST_F(PrometheusMetricsTest, CountsStatementsAndTheirRows) {
  metrics_.OnStatement({.operation = Operation::kWrite, .took = milliseconds(1), .table = "t", .rows_written = 100});
  metrics_.OnStatement({.operation = Operation::kRead, .took = milliseconds(1), .rows_returned = 7, .bytes_read = 64});
  EXPECT_TRUE(Has(R"(chimera_database_statements_total{operation="write",outcome="ok"} 1)"));
  EXPECT_TRUE(Has("chimera_database_rows_inserted_total 100")) << metrics_.Text(figures_);
  EXPECT_TRUE(Has("chimera_database_rows_returned_total 7"));
  EXPECT_TRUE(Has("chimera_database_bytes_read_total 64"));
  EXPECT_TRUE(Has(R"(chimera_database_statements_total{operation="execute",outcome="ok"} 0)")) << "rates need a zero";
}

TEST_F(PrometheusMetricsTest, ShowsTheFiguresOfTheMoment) {
  figures_.database = {.in_use = 3, .idle = 2, .waiting = 1, .hosts = {{"a:8443", true, 0}, {"b\"\n:8443", false, 5}}};
  figures_.pool_size = 10;
  figures_.sessions = 4;
  figures_.process = ReadProcessFigures();
  EXPECT_TRUE(Has(R"(chimera_database_connections{state="in_use"} 3)"));
  EXPECT_TRUE(Has(R"(chimera_database_connections{state="idle"} 2)"));
  EXPECT_TRUE(Has("chimera_database_waiting 1"));
  EXPECT_TRUE(Has("chimera_database_connections_max 10"));
  EXPECT_TRUE(Has(R"(chimera_database_host_up{host="a:8443"} 1)"));
  EXPECT_TRUE(Has(R"(chimera_database_host_up{host="b\"\n:8443"} 0)")) << metrics_.Text(figures_);
  EXPECT_TRUE(Has("chimera_sessions 4"));
  EXPECT_TRUE(Has(R"(chimera_build_info{version="1.2.3"} 1)"));
  EXPECT_GT(figures_.process.resident_bytes, 1u << 20);
  EXPECT_GE(figures_.process.open_fds, 3u);
  EXPECT_GE(figures_.process.max_fds, figures_.process.open_fds);
  EXPECT_NEAR(figures_.process.start_time_seconds, static_cast<double>(std::time(nullptr)), 600);
}

TEST_F(PrometheusMetricsTest, LosesNothingWhenManyCountAtOnce) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([this] {
        for (int n = 0; n < 5000; ++n) {
          metrics_.OnToolCall({n % 2 == 0 ? "even" : "odd", {}, milliseconds(1)});
          metrics_.OnStatement({.operation = Operation::kRead, .outcome = ErrorCode::kBusy, .took = milliseconds(1)});
        }
      });
    }
  }
  EXPECT_TRUE(Has(R"(chimera_tool_calls_total{outcome="ok",tool="odd"} 20000)"));
  EXPECT_TRUE(Has(R"(chimera_database_statements_total{operation="read",outcome="busy"} 40000)"));
}

}  // namespace
}  // namespace chimera::metrics
