// The timestore on the real engine: rows that wait match and look as they will in the database, and a read has every
// row once, whichever step a flush is at.
#include <cmath>
#include <random>
#include <set>

#include "base/schema_check.h"
#include "base/text.h"
#include "ingest/flusher.h"
#include "ingest/manifest.h"
#include "ingest/sqlite_store.h"
#include "tests/contract/engine_contract.h"
#include "timestore/tools.h"

namespace chimera::timestore {
namespace {

using ingest::Position;

/// A buffer without threads: flushes when it is told to.
class HeldBuffer : public ingest::WriteBuffer {
 public:
  HeldBuffer(const std::string& path, clickhouse::Client& client) : client_(client) {
    store_ = *ingest::OpenSqliteStore(Context(), {.path = path});
    LetTablesBeMade(options, {});
  }

  Result<ingest::Accepted> Accept(const RequestContext& context, const ingest::Write& write) override {
    return store_->Append(context, write);
  }
  Status Flush(const RequestContext& context, const std::vector<ingest::Destination>& tables, Position) override {
    auto lease = store_->TryLease(context);
    if (!lease || !*lease) return MakeError(ErrorCode::kTimeout, "somebody else flushes");
    ingest::Flusher flusher(*store_, client_, options);
    for (const auto& table : tables) {
      while (true) {
        auto flushed = flusher.FlushOne(context, table);
        if (!flushed) return std::move(flushed).error();
        if (!*flushed) break;
      }
    }
    return Ok();
  }
  Result<std::vector<ingest::Backlog>> Backlogs(const RequestContext& context) override {
    return store_->Backlogs(context);
  }
  Result<std::vector<ingest::Entry>> Waiting(const RequestContext& context, const ingest::Destination& to,
                                             const ingest::BatchLimits& limits) override {
    return store_->Read(context, to, 0, std::numeric_limits<Position>::max(), limits);
  }

  ingest::FlusherOptions options;

 private:
  clickhouse::Client& client_;
  std::unique_ptr<ingest::Store> store_;
};

/// Has something happen before the rows of a read are asked for.
class InterruptedClient : public clickhouse::Client {
 public:
  explicit InterruptedClient(clickhouse::Client& inner) : inner_(inner) {}

  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override {
    if (auto happens = std::exchange(before_rows, {})) happens();
    return inner_.Read(context, query);
  }
  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override {
    return inner_.Write(context, insert);
  }
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override {
    return inner_.Execute(context, statement, database);
  }
  const std::string& DefaultDatabase() const override { return inner_.DefaultDatabase(); }

  std::function<void()> before_rows;

 private:
  clickhouse::Client& inner_;
};

class TimestoreContract : public EngineContract {
 protected:
  void SetUp() override {
    EngineContract::SetUp();
    if (IsSkipped()) return;
    dataset_ = "set" + RandomHex(4);
    buffer_ = std::make_unique<HeldBuffer>(folder_ + "/" + dataset_ + ".sqlite", *client_);
    reader_ = std::make_unique<InterruptedClient>(*client_);
    catalog_ = std::make_unique<tools::Catalog>(*client_);
    for (auto& tool : CreateTools({.client = *client_,
                      .reader = *reader_,
                      .catalog = *catalog_,
                      .buffer = *buffer_,
                      .datasets = datasets_})) {
      tools_[tool->Definition().name] = std::move(tool);
    }
  }

  Json Call(const std::string& tool, const Json& arguments) {
    auto answer = tools_.at(tool)->Run(Context(), ToText(arguments));
    if (!answer) {
      ADD_FAILURE() << tool << " " << ToText(arguments) << ": " << answer.error().message << " "
                    << (answer.error().problems.empty() ? "" : answer.error().problems[0].message);
      return Json::object();
    }
    summary_ = answer->summary;
    Json json = *ParseJson(answer->structured_json);
    for (const auto& problem : CheckSchema(json, tools_.at(tool)->Definition().output_schema)) {
      ADD_FAILURE() << "output schema: " << problem.path << " " << problem.message;
    }
    return json;
  }
  Error CallBadly(const std::string& tool, const Json& arguments) {
    auto answer = tools_.at(tool)->Run(Context(), ToText(arguments));
    if (!answer) return answer.error();
    ADD_FAILURE() << "expected an error, got " << answer->structured_json;
    return {};
  }
  Json Write(const Json& rows, const std::string& partition_key = "", const std::string& table = "events") {
    return Call("timestore.write", {{"dataset", dataset_},
                                    {"table", table},
                                    {"rows", rows.is_array() ? rows : Json::array({rows})},
                                    {"partition_key", partition_key}});
  }
  Json Read(Json arguments = Json::object(), const std::string& table = "events") {
    arguments["dataset"] = dataset_;
    arguments["table"] = table;
    return Call("timestore.read", arguments);
  }
  void Flush(const std::string& table = "events") {
    const Status flushed = buffer_->Flush(Context(), {DestinationOf({dataset_, table})}, 0);
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  }

  std::string dataset_;
  std::unique_ptr<HeldBuffer> buffer_;
  std::unique_ptr<InterruptedClient> reader_;
  std::unique_ptr<tools::Catalog> catalog_;
  std::map<std::string, std::unique_ptr<tools::Tool>> tools_;
  std::string summary_;
};

/// Rows and filters with whatever columns can hold.
class Chance {
 public:
  explicit Chance(uint32_t seed) : random_(seed) {}

  uint64_t Below(uint64_t limit) { return std::uniform_int_distribution<uint64_t>(0, limit - 1)(random_); }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  template <typename List>
  auto Of(const List& list) {
    return list[Below(list.size())];
  }

  Json Signed() {
    static const std::vector<int64_t> kEdges = {0, 1, -1, 7, 8, 9, INT64_MAX, INT64_MIN, 9007199254740993, -42};
    return OneIn(4) ? Json(static_cast<int64_t>(random_())) : Json(Of(kEdges));
  }
  Json Unsigned() {
    static const std::vector<uint64_t> kEdges = {18446744073709551615u, 9223372036854775808u, 9223372036854775810u};
    return Of(kEdges);
  }
  Json Fraction() {
    static const std::vector<double> kEdges = {0.5, 0.1, 0.3, -0.25, 1e300, -1e-300, 1.0, 1e21, 123456789.125, 5e-324};
    if (!OneIn(2)) return Of(kEdges);
    double value = 0;
    do {
      const uint64_t bits = random_();
      std::memcpy(&value, &bits, sizeof value);
    } while (!std::isfinite(value) || value == std::trunc(value));
    return value;
  }
  Json Text() {
    static const std::vector<std::string> kPieces = {"a",  "b", "%",  "_", "\\", "ä",  "日",
                                                     "\n", "'", "\"", "",  "\t", "😀", "A"};
    std::string text;
    for (uint64_t left = Below(5); left > 0; --left) text += Of(kPieces);
    return text;
  }
  Json Pattern() {
    static const std::vector<std::string> kPieces = {"a",   "b", "%",  "%",  "_", "\\%",
                                                     "\\_", "ä", "日", "\n", "'", "\\\\"};
    std::string text;
    for (uint64_t left = Below(4); left > 0; --left) text += Of(kPieces);
    return text;
  }
  Json Value(const std::string& field) {
    if (field == "i") return Signed();
    if (field == "u") return Unsigned();
    if (field == "f" || field == "later") return Fraction();
    if (field == "b") return OneIn(2);
    if (field == "partition_key") return Of(std::vector<std::string>{"", "k1", "k2"});
    return Text();
  }

  std::string Time(uint64_t millis) {
    return tools::IsoTime(tools::Instant(std::chrono::milliseconds(1'763'600'000'000 + static_cast<int64_t>(millis))));
  }

  Json Row(uint64_t number, bool later) {
    Json row = {{"timestamp", Time(number * 7'000'001)}};
    for (const char* field : {"i", "u", "f", "b", "s"}) {
      if (OneIn(5)) continue;
      row[field] = OneIn(6) ? Json() : Value(field);
    }
    if (later && OneIn(2)) row["later"] = Value("later");
    return row;
  }

  Json Filter(bool later) {
    std::vector<std::string> fields = {"i", "u", "f", "b", "s", "s", "partition_key", "timestamp"};
    if (later) fields.emplace_back("later");
    static const std::vector<std::string> kOps = {
        "=", "!=", "<", "<=", ">", ">=", "in", "not_in", "like", "between", "is_null", "is_not_null"};
    const std::string field = Of(fields);
    std::string op = Of(kOps);
    if (op == "like" && field != "s" && field != "partition_key") op = "=";
    Json filter = {{"column", field}, {"op", op}};
    const auto value = [&] { return field == "timestamp" ? Json(Time(Below(60) * 7'000'001)) : Value(field); };
    if (op == "like")
      filter["value"] = Pattern();
    else if (op == "between")
      filter["value"] = {value(), value()};
    else if (op == "in" || op == "not_in")
      filter["value"] = {value(), value(), value()};
    else if (!op.ends_with("null"))
      filter["value"] = value();
    return filter;
  }

  Json Arguments(bool later) {
    Json arguments = {{"limit", OneIn(3) ? 1 + Below(20) : 1000}};
    Json filters = Json::array();
    for (uint64_t left = Below(3); left > 0; --left) filters.push_back(Filter(later));
    arguments["filters"] = filters;
    if (OneIn(3)) arguments["since"] = Time(Below(30) * 7'000'001);
    if (OneIn(3)) arguments["until"] = Time((31 + Below(30)) * 7'000'001);
    if (OneIn(2)) arguments["order"] = "newest_first";
    arguments["columns"] = {"timestamp", "partition_key", "ingest_position", "i", "u", "f", "b", "s"};
    if (later) arguments["columns"].push_back("later");
    return arguments;
  }

 private:
  std::mt19937_64 random_;
};

Json Shown(const Json& answer) {
  return {{"columns", answer.value("columns", Json())},
          {"rows", answer.value("rows", Json())},
          {"truncated", answer.value("truncated", Json())}};
}

TEST_F(TimestoreContract, RowsThatWaitMatchAndLookAsInTheDatabase) {
  Chance chance(20251120);
  for (const bool some_are_stored : {false, true}) {
    const std::string table = some_are_stored ? "half" : "whole";
    for (uint64_t i = 0; i < 60; i += 4) {
      Json rows = Json::array();
      // A write may repeat the times of another one: then its position decides.
      for (uint64_t j = 0; j < 4; ++j) rows.push_back(chance.Row((i + j) % 45, some_are_stored && i >= 30));
      Write(rows, chance.Of(std::vector<std::string>{"", "k1", "k2"}), table);
      if (some_are_stored && i == 28) Flush(table);
    }
    std::vector<Json> calls;
    for (int i = 0; i < 60; ++i) calls.push_back(chance.Arguments(some_are_stored));
    std::vector<Json> waiting;
    uint64_t from_buffer = 0;
    for (const Json& call : calls) {
      const Json answer = Read(call, table);
      EXPECT_EQ(answer["freshness"]["mode"], "database+buffer");
      from_buffer += answer["from_buffer"].get<uint64_t>();
      waiting.push_back(Shown(answer));
    }
    EXPECT_GT(from_buffer, 100u);
    Flush(table);
    for (size_t i = 0; i < calls.size(); ++i) {
      const Json answer = Read(calls[i], table);
      EXPECT_EQ(answer["from_buffer"], 0);
      ASSERT_EQ(waiting[i], Shown(answer)) << ToText(calls[i]);
    }
  }
}

class DuringAFlush : public TimestoreContract {
 protected:
  /// Reads all rows and expects `ids`, each once and in order.
  void ExpectIds(const std::vector<int>& ids, const std::string& when) {
    const Json answer = Read({{"columns", {"id"}}, {"limit", 1000}});
    std::vector<int> found;
    for (const Json& row : answer["rows"]) found.push_back(std::stoi(row[0].get<std::string>()));
    EXPECT_EQ(found, ids) << when;
  }
  void WriteIds(int from, int to) {
    Json rows = Json::array();
    for (int id = from; id < to; ++id) {
      rows.push_back({{"timestamp", tools::IsoTime(tools::Instant(std::chrono::hours(490'000 + 7 * id)))}, {"id", id}});
    }
    Write(rows);
  }
  static std::vector<int> Ids(int count) {
    std::vector<int> ids;
    for (int id = 0; id < count; ++id) ids.push_back(id);
    return ids;
  }
};

TEST_F(DuringAFlush, EveryRowIsThereOnceAtEveryStep) {
  for (int round = 0; round < 2; ++round) {  // first the table is made, then it is there
    WriteIds(round * 20, round * 20 + 10);
    WriteIds(round * 20 + 10, round * 20 + 20);
    const auto all = Ids(round * 20 + 20);
    ExpectIds(all, "before");
    std::set<ingest::Step> steps;
    buffer_->options.on_step = [&](ingest::Step step, const ingest::Batch&) {
      steps.insert(step);
      ExpectIds(all, "at step " + std::to_string(static_cast<int>(step)));
    };
    Flush();
    EXPECT_GE(steps.size(), 6u);
    ExpectIds(all, "after");
  }
}

TEST_F(DuringAFlush, EveryRowIsThereOnceWhenItFallsBetweenTheTwoReads) {
  WriteIds(0, 10);
  Flush();
  WriteIds(10, 20);
  reader_->before_rows = [this] { Flush(); };
  ExpectIds(Ids(20), "flushed in between");
  ExpectIds(Ids(20), "after");
  WriteIds(20, 30);
  reader_->before_rows = [this] {
    WriteIds(30, 40);
    Flush();
  };
  const Json answer = Read({{"columns", {"id"}}, {"limit", 1000}});
  std::multiset<std::string> found;
  for (const Json& row : answer["rows"]) found.insert(row[0].get<std::string>());
  for (int id = 0; id < 30; ++id) EXPECT_EQ(found.count(std::to_string(id)), 1u) << id;
  for (int id = 30; id < 40; ++id) EXPECT_LE(found.count(std::to_string(id)), 1u) << id;
}

TEST_F(DuringAFlush, FieldsThatGetAColumnInBetweenKeepTheirValues) {
  WriteIds(0, 2);
  Flush();
  const auto with_color = [](int id, const char* color) {
    return Json{{"timestamp", "2026-01-01T00:00:0" + std::to_string(id) + "Z"}, {"id", id}, {"color", color}};
  };
  Write({with_color(2, "red")});
  reader_->before_rows = [&] {
    Write({with_color(3, "blue")});
    Flush();
  };
  const Json answer =
      Read({{"columns", {"id", "color"}}, {"filters", {{{"column", "id"}, {"op", ">="}, {"value", 2}}}}});
  EXPECT_EQ(answer["rows"], Json::parse(R"([["2", "red"]])")) << "what came later is whole or not there";
  EXPECT_EQ(Read({{"columns", {"color"}}, {"since", "2026-01-01"}})["rows"], Json::parse(R"([["red"], ["blue"]])"));
}

TEST_F(TimestoreContract, CutsAreSaidAndTheFirstRowsAreTheFirst) {
  for (int i = 0; i < 10; ++i) {
    Write({{{"timestamp", "2026-01-01T00:00:0" + std::to_string(9 - i) + "Z"}, {"n", 9 - i}}});
    if (i == 4) Flush();
  }
  const Json first = Read({{"columns", {"n"}}, {"limit", 3}});
  EXPECT_EQ(first["rows"], Json::parse(R"([["0"], ["1"], ["2"]])"));
  EXPECT_EQ(first["truncated"], true);
  const Json last = Read({{"columns", {"n"}}, {"limit", 7}, {"order", "newest_first"}});
  EXPECT_EQ(last["rows"], Json::parse(R"([["9"], ["8"], ["7"], ["6"], ["5"], ["4"], ["3"]])"));
  EXPECT_EQ(last["from_buffer"], 2);
}

TEST_F(TimestoreContract, DeclaredDatasetsKeepTheirRulesAndAreFlushedFirst) {
  const Json row = {{"ts", "2026-01-01T00:00:00Z"}, {"event_type", "click"}};
  const Error refused = CallBadly(
      "timestore.write", {{"dataset", "chimera_metrics"}, {"table", "ui_events"}, {"rows", {{{"nothing", 1}}}}});
  EXPECT_FALSE(refused.problems.empty());
  const Error unknown = CallBadly(
      "timestore.write", {{"dataset", "chimera_metrics"}, {"table", "ui_event"}, {"rows", Json::array({row})}});
  EXPECT_EQ(unknown.code, ErrorCode::kUnknownTable);
  EXPECT_NE(unknown.hint.find("ui_events"), std::string::npos) << unknown.hint;
  Json episode = Json::object();
  for (const auto& dataset : datasets_) {
    for (const auto& insert : dataset.inserts) {
      if (insert.name != "insert.episodes") continue;
      for (const auto& column : insert.columns) episode[column.name] = column.example;
    }
  }
  const Json written = Call("timestore.write",
                            {{"dataset", "chimera_metrics"}, {"table", "episodes"}, {"rows", Json::array({episode})}});
  EXPECT_EQ(written["stored_in"], "chimera_metrics.episodes");
  const Json read = Call("timestore.read", {{"dataset", "chimera_metrics"}, {"table", "episodes"}, {"limit", 5}});
  EXPECT_EQ(read["row_count"], 1);
  EXPECT_EQ(read["freshness"]["mode"], "database");
  EXPECT_EQ(read["freshness"]["pending_rows"], 0);
}

TEST_F(TimestoreContract, ListsWhatThereIs) {
  Write({{{"timestamp", "2026-01-01T00:00:00Z"}, {"celsius", 21.5}}, {{"timestamp", "2026-01-02T00:00:00Z"}}});
  const auto row = [this] {
    const Json list = Call("timestore.datasets", {{"dataset", dataset_}});
    return list["rows"].size() == 1 ? list["rows"][0] : Json::array();
  };
  EXPECT_EQ(row()[8], 2) << "they wait";
  Flush();
  const Json stored = row();
  EXPECT_EQ(stored[3], "timestore." + dataset_ + "__events");
  EXPECT_EQ(stored[4], 2);
  EXPECT_EQ(stored[5], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(stored[6], "2026-01-02T00:00:00.000Z");
  EXPECT_EQ(stored[8], 0);
  EXPECT_EQ(stored[9], Json::parse(R"(["celsius Float64"])"));
  const Json status = Call("get.ingest_status", {{"dataset", dataset_}});
  ASSERT_EQ(status["rows"].size(), 1u);
  EXPECT_EQ(status["rows"][0][1], "events");
  EXPECT_EQ(status["rows"][0][6], stored[7]);
  EXPECT_EQ(status["rows"][0][8], 1) << "the second day's insert was the last";
  EXPECT_GT(Call("timestore.datasets", Json::object())["row_count"], 10);
}

TEST_F(TimestoreContract, TablesAreMadeAsTheyAreLaidOut) {
  Write({{{"n", 1}}});
  Flush();
  auto rows =
      client_->Read(Context(), {.sql = "SELECT engine, partition_key, sorting_key, comment != '' FROM system.tables "
                                       "WHERE database = 'timestore' AND name = {table:String}",
                                .parameters = {{"table", dataset_ + "__events"}}});
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->Parsed(), Json::parse(R"json([["MergeTree", "(dataset_slug, toYYYYMMDD(timestamp))",
                                             "dataset_slug, table_name, partition_key, timestamp", 1]])json"));
  const auto statements = CreateStatements(DestinationOf({dataset_, "kept"}),
                                           {.retention = {30, 7, "default"}, .storage_policy = "default"});
  for (const auto& statement : statements) {
    const Status made = client_->Execute(Context(), statement, "");
    EXPECT_TRUE(made.ok()) << statement << made.error().message;
  }
}

TEST_F(TimestoreContract, TheMigrationMakesTheRecordsAsFlushesDo) {
  const std::string scratch = "records_" + dataset_;
  ASSERT_TRUE(client_->Execute(Context(), "CREATE DATABASE " + scratch, "").ok());
  ASSERT_TRUE(ingest::Manifests(*client_).Prepare(Context(), scratch).ok());
  const auto tables = [](const std::string& database) {
    auto rows = client_->Read(
        Context(),
        {.sql = "SELECT name, engine_full, comment, (SELECT groupArray((c.name, c.type, c.default_expression, "
                "c.comment)) FROM system.columns AS c WHERE c.database = {database:String} AND startsWith("
                "c.table, 'ingest_')) FROM system.tables WHERE database = {database:String} AND "
                "startsWith(name, 'ingest_') ORDER BY name",
         .parameters = {{"database", database}}});
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? rows->Parsed() : Json();
  };
  EXPECT_EQ(tables(scratch).size(), 2u);
  EXPECT_EQ(tables(scratch), tables(std::string(kDatabase)));
}

}  // namespace
}  // namespace chimera::timestore
