// Buffered writes on the real engine, with the world stopped after every step between durable and visible, and with
// answers lost: the next flush finds what is there and adds the rest, once.
#include <filesystem>
#include <stdexcept>

#include "base/text.h"
#include "ingest/flusher.h"
#include "ingest/position.h"
#include "ingest/sqlite_store.h"
#include "tests/contract/engine_contract.h"

namespace chimera::ingest {
namespace {

constexpr int64_t kDay = 20'368;  // 2025-10-07

struct WorldStops : std::runtime_error {
  WorldStops() : std::runtime_error("the world stops") {}
};

/// Carries writes out and loses the answer to one of them.
class LosingClient : public clickhouse::Client {
 public:
  LosingClient(clickhouse::Client& inner, int lost) : inner_(inner), left_(lost) {}

  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override {
    return inner_.Read(context, query);
  }
  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override {
    auto written = inner_.Write(context, insert);
    if (left_-- == 0) return MakeError(ErrorCode::kUnavailable, "the answer was lost");
    return written;
  }
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override {
    return inner_.Execute(context, statement, database);
  }
  const std::string& DefaultDatabase() const override { return inner_.DefaultDatabase(); }

 private:
  clickhouse::Client& inner_;
  int left_;
};

class IngestContract : public EngineContract {
 protected:
  void SetUp() override {
    EngineContract::SetUp();
    if (IsSkipped()) return;
    database_ = "ingest_" + RandomHex(4);
    Execute("CREATE DATABASE " + database_);
    Execute("CREATE TABLE " + database_ +
            ".events (ts DateTime64(3, 'UTC'), id UInt64, note String) ENGINE = MergeTree PARTITION BY toDate(ts) "
            "ORDER BY id SETTINGS non_replicated_deduplication_window = 10000");
    Execute("CREATE TABLE " + database_ +
            ".counts (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() "
            "SETTINGS non_replicated_deduplication_window = 10000");
    Execute("CREATE MATERIALIZED VIEW " + database_ + ".counting TO " + database_ +
            ".counts AS SELECT count() AS n FROM " + database_ + ".events");
    to_ = {"sample", database_, "events"};
  }
  void TearDown() override {
    if (!IsSkipped()) Execute("DROP DATABASE IF EXISTS " + database_);
  }

  static void Execute(const std::string& statement) {
    const Status done = client_->Execute(Context(), statement, "");
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  std::string Ask(const std::string& sql) const {
    auto rows = client_->Read(Context(), {.sql = sql, .database = database_});
    if (!rows.ok()) return rows.error().message;
    const std::string text = ToText(rows->Parsed());
    return text.substr(1, text.size() - 2);
  }

  std::unique_ptr<Store> Open(const std::string& name) const {
    auto store = OpenSqliteStore(Context(), {.path = folder_ + "/" + name + ".sqlite"});
    EXPECT_TRUE(store.ok());
    return *std::move(store);
  }

  static std::string Row(uint64_t id, int64_t day) {
    return R"({"ts":)" + std::to_string(day * 86'400'000 + 1000) + R"(,"id":)" + std::to_string(id) +
           R"(,"note":"n"})" + "\n";
  }
  /// Three rows of one day and two of the next one, in three writes.
  void AppendSome(Store& store) const {
    const std::vector<std::vector<Slice>> writes = {{{kDay, 2, Row(1, kDay) + Row(2, kDay)}},
                                                    {{kDay, 1, Row(3, kDay)}, {kDay + 1, 1, Row(4, kDay + 1)}},
                                                    {{kDay + 1, 1, Row(5, kDay + 1)}}};
    for (const auto& slices : writes) Append(store, slices);
  }
  Position Append(Store& store, std::vector<Slice> slices) const {
    const std::string name = Sha256Hex(RandomHex(8));
    auto accepted = store.Append(Context(), {to_, name, name, std::move(slices)});
    EXPECT_TRUE(accepted.ok());
    return accepted->position;
  }

  Result<std::optional<Flushed>> FlushWith(Store& store, clickhouse::Client& client,
                                           FlusherOptions options = {}) const {
    auto lease = store.TryLease(Context());
    EXPECT_TRUE(lease.ok() && *lease);
    return Flusher(store, client, std::move(options)).FlushOne(Context(), to_);
  }

  void ExpectAllOnce(Store& store) const {
    EXPECT_EQ(Ask("SELECT groupArray(id) FROM (SELECT id FROM events ORDER BY id)"), R"([["1","2","3","4","5"]])");
    EXPECT_EQ(Ask("SELECT sum(n) FROM counts"), R"(["5"])") << "the view saw them once, too";
    EXPECT_EQ(Ask("SELECT partition, rows FROM ingest_manifests ORDER BY partition"),
              R"(["2025-10-07","3"],["2025-10-08","2"])");
    auto backlogs = store.Backlogs(Context());
    ASSERT_EQ(backlogs->size(), 1u);
    EXPECT_EQ(backlogs->front().rows, 0u);
    EXPECT_EQ(Ask("SELECT max(watermark) FROM ingest_watermarks"),
              "[\"" + PositionText(backlogs->front().stored) + "\"]");
  }

  std::string database_;
  Destination to_;
};

TEST_F(IngestContract, CarriesABatchThrough) {
  auto store = Open("through");
  AppendSome(*store);
  auto flushed = FlushWith(*store, *client_);
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ((*flushed)->rows, 5u);
  EXPECT_FALSE(*FlushWith(*store, *client_)) << "nothing is left";
  ExpectAllOnce(*store);
}

TEST_F(IngestContract, GoesOnWhereverItWasStopped) {
  // Two inserts of rows, so that kInserted and kRecorded come twice.
  const std::vector<std::pair<Step, int>> stops = {{Step::kSealed, 1},   {Step::kShaped, 1},   {Step::kChecked, 1},
                                                   {Step::kInserted, 1}, {Step::kRecorded, 1}, {Step::kInserted, 2},
                                                   {Step::kRecorded, 2}, {Step::kPromoted, 1}, {Step::kFinished, 1}};
  for (const auto& [step, times] : stops) {
    SCOPED_TRACE("step " + std::to_string(static_cast<int>(step)) + ", time " + std::to_string(times));
    const std::string name = "stop-" + std::to_string(static_cast<int>(step)) + "-" + std::to_string(times);
    int left = times;
    FlusherOptions stopping;
    stopping.on_step = [&, at = step](Step done, const Batch&) {
      if (done == at && --left == 0) throw WorldStops();
    };
    {
      auto store = Open(name);
      AppendSome(*store);
      EXPECT_THROW((void)FlushWith(*store, *client_, stopping), WorldStops);
    }
    auto store = Open(name);  // as the next process would
    auto flushed = FlushWith(*store, *client_);
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
    EXPECT_EQ(flushed->has_value(), step != Step::kFinished);
    ExpectAllOnce(*store);
    Execute("DROP DATABASE " + database_);
    SetUp();
  }
}

TEST_F(IngestContract, StoresOnceWhateverAnswerIsLost) {
  for (int lost = 0; lost < 5; ++lost) {  // two inserts of rows, their manifests, the watermark
    SCOPED_TRACE(lost);
    auto store = Open("lost-" + std::to_string(lost));
    AppendSome(*store);
    LosingClient losing(*client_, lost);
    auto flushed = FlushWith(*store, losing);
    ASSERT_FALSE(flushed.ok());
    EXPECT_EQ(flushed.error().code, ErrorCode::kUnavailable);
    ASSERT_TRUE(FlushWith(*store, *client_).ok());
    ExpectAllOnce(*store);
    Execute("DROP DATABASE " + database_);
    SetUp();
  }
}

// A server that dies after it has noted a token and before it has stored the rows; a mutation that deletes them leaves
// the same behind (TRUNCATE clears the tokens, too).
TEST_F(IngestContract, ATokenWithoutItsRowsDoesNotLoseThem) {
  auto store = Open("burnt");
  AppendSome(*store);
  LosingClient losing(*client_, 0);
  ASSERT_FALSE(FlushWith(*store, losing).ok());
  Execute("ALTER TABLE " + database_ + ".events DELETE WHERE 1 SETTINGS mutations_sync = 2");
  ASSERT_TRUE(FlushWith(*store, *client_).ok());
  EXPECT_EQ(Ask("SELECT groupArray(id) FROM (SELECT id FROM events ORDER BY id)"), R"([["1","2","3","4","5"]])");
}

// The table is made in two places: by a flush, and by the migrations of the timestore.
TEST_F(IngestContract, ManifestsAreKeptForThirtyDays) {
  auto store = Open("expire");
  AppendSome(*store);
  ASSERT_TRUE(FlushWith(*store, *client_).ok());
  EXPECT_EQ(Ask("SELECT count(), uniqExact(extract(engine_full, 'TTL .*')), any(engine_full LIKE "
                "'%TTL toDateTime(stored_at) + toIntervalDay(30)%') FROM system.tables WHERE name = 'ingest_manifests' "
                "AND database IN ('timestore', '" +
                database_ + "')"),
            R"(["2","1",1])");
  Execute("INSERT INTO " + database_ +
          ".ingest_manifests (table_name, token, stored_at) SELECT 'old', repeat('0', 64), "
          "now64(3) - INTERVAL 31 DAY");
  Execute("OPTIMIZE TABLE " + database_ + ".ingest_manifests FINAL");
  EXPECT_EQ(Ask("SELECT countIf(table_name = 'old'), count() > 0 FROM ingest_manifests"), R"(["0",1])");
}

TEST_F(IngestContract, ARowThatTheDatabaseRefusesIsTakenOutAlone) {
  auto store = Open("refused");
  for (uint64_t id = 1; id <= 20; ++id) {
    if (id == 13)
      Append(*store, {{kDay, 1, "{\"ts\":\"no time\",\"id\":13,\"note\":\"n\"}\n"}});
    else
      Append(*store, {{kDay, 1, Row(id, kDay)}});
  }
  uint64_t rows = 0;
  uint64_t dead = 0;
  for (auto flushed = FlushWith(*store, *client_); flushed.ok() && *flushed; flushed = FlushWith(*store, *client_)) {
    rows += (*flushed)->rows;
    dead += (*flushed)->dead;
  }
  EXPECT_EQ(rows, 19u);
  EXPECT_EQ(dead, 1u);
  EXPECT_EQ(Ask("SELECT count(), countIf(id = 13) FROM events"), R"(["19","0"])");
  auto letters = store->DeadLetters(Context(), to_, 0, 10);
  ASSERT_EQ(letters->size(), 1u);
  EXPECT_NE(letters->front().row.find("no time"), std::string::npos);
  EXPECT_TRUE(letters->front().reason.starts_with("refused_by_database: ")) << letters->front().reason;
}

TEST_F(IngestContract, ATableGrowsForNewFieldsWhereItMay) {
  auto store = Open("grows");
  const std::string base = R"({"ts":1759795201000,"id":1,"note":"n",)";
  Append(*store, {{kDay, 3,
                   base + "\"score\":1,\"ok\":true,\"who\":\"a\"}\n" + base +
                       "\"score\":1.5,\"ok\":null,\"later\":null}\n" + base + "\"score\":\"high\"}\n"}});
  FlusherOptions growing;
  growing.evolves = [](const Destination&) { return true; };
  auto flushed = FlushWith(*store, *client_, growing);
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ((*flushed)->rows, 2u);
  EXPECT_EQ((*flushed)->dead, 1u);
  EXPECT_EQ(Ask("SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'events' "
                "AND name IN ('score', 'ok', 'who', 'later') ORDER BY name"),
            R"x(["ok","Nullable(Bool)"],["score","Nullable(Float64)"],["who","Nullable(String)"])x");
  EXPECT_EQ(Ask("SELECT score, ok, who FROM events ORDER BY score"), R"([1,true,"a"],[1.5,null,null])");
  const std::string reason = store->DeadLetters(Context(), to_, 0, 10)->front().reason;
  EXPECT_NE(reason.find("`score`"), std::string::npos) << reason;
  EXPECT_NE(reason.find("Nullable(Float64)"), std::string::npos) << reason;
}

TEST_F(IngestContract, FieldsWithoutAColumnAreDeadLettersWhereItMayNot) {
  auto store = Open("stays");
  const std::string base = R"({"ts":1759795201000,"id":1,"note":"n")";
  Append(*store, {{kDay, 2, base + "}\n" + base + ",\"score\":1}\n"}});
  auto flushed = FlushWith(*store, *client_);
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ((*flushed)->rows, 1u);
  const std::string reason = store->DeadLetters(Context(), to_, 0, 10)->front().reason;
  EXPECT_TRUE(reason.starts_with("unknown_column: ")) << reason;
  EXPECT_NE(reason.find("CHIMERA_EVOLVE"), std::string::npos) << reason;
}

TEST_F(IngestContract, RowsWaitForATableThatIsNotThere) {
  auto store = Open("waits");
  AppendSome(*store);
  Execute("RENAME TABLE " + database_ + ".events TO " + database_ + ".elsewhere");
  auto flushed = FlushWith(*store, *client_);
  ASSERT_FALSE(flushed.ok());
  EXPECT_EQ(flushed.error().code, ErrorCode::kUnknownTable);
  Execute("RENAME TABLE " + database_ + ".elsewhere TO " + database_ + ".events");
  ASSERT_TRUE(FlushWith(*store, *client_).ok());
  ExpectAllOnce(*store);
}

TEST_F(IngestContract, AMissingTableIsMadeWhereItIsOursToMake) {
  auto store = Open("made");
  to_.table = "made";
  Append(*store, {{kDay, 1, Row(1, kDay)}});
  FlusherOptions making;
  making.creates = [](const Destination& to) {
    return std::vector<std::string>{"CREATE TABLE IF NOT EXISTS " + to.database + "." + to.table +
                                    " (ts DateTime64(3, 'UTC'), id UInt64, note String) ENGINE = MergeTree ORDER BY id "
                                    "SETTINGS non_replicated_deduplication_window = 10000"};
  };
  auto flushed = FlushWith(*store, *client_, making);
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ(Ask("SELECT count() FROM made"), R"(["1"])");
}

TEST_F(IngestContract, WithoutADeduplicationWindowALostAnswerBecomesAQuestion) {
  auto store = Open("doubt");
  to_.table = "plain";
  Execute("CREATE TABLE " + database_ +
          ".plain (ts DateTime64(3, 'UTC'), id UInt64, note String) ENGINE = MergeTree "
          "ORDER BY id");
  Append(*store, {{kDay, 1, Row(1, kDay)}});
  LosingClient losing(*client_, 0);
  ASSERT_FALSE(FlushWith(*store, losing).ok());
  auto flushed = FlushWith(*store, *client_);
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ((*flushed)->dead, 1u);
  EXPECT_EQ(Ask("SELECT count() FROM plain"), R"(["1"])") << "never twice";
  EXPECT_TRUE(store->DeadLetters(Context(), to_, 0, 10)->front().reason.starts_with("unknown_outcome: "));
}

}  // namespace
}  // namespace chimera::ingest
