#include "tools/insert_tool.h"

#include <chrono>
#include <map>
#include <stdexcept>

#include "base/text.h"
#include "clickhouse/stored_rows.h"
#include "tools/insert_answer.h"
#include "tools/insert_batch.h"
#include "tools/insert_schema.h"
#include "tools/privacy.h"
#include "tools/stored_rows.h"

namespace chimera::tools {
namespace {

// A repeat of a batch whose times were left to us is recognised across midnight when it comes within this time.
constexpr auto kMidnightWindow = std::chrono::hours(1);

std::string DayName(const RowGroup& group) {
  return group.day ? std::to_string(*group.day) : "now";
}

// Two spellings of one call have one token: a key stands for the batch, otherwise the rows as the caller meant them,
// before "now" is filled in and privacy has replaced values: else events that differ in such a value alone would be
// one.
std::string RowsToken(const Batch& batch, const std::string& key) {
  std::string parts = "rows:";
  for (const RowGroup& group : batch.groups) {
    parts += DayName(group) + ":" + Sha256Hex(group.body);
    if (!group.replaced.empty()) parts += ":" + KeyedHash(key, group.replaced);
    parts += "\n";
  }
  return Sha256Hex(parts);
}

std::string BatchToken(const Batch& batch, const std::string& key) {
  if (!batch.idempotency_key.empty()) return Sha256Hex("key:" + batch.idempotency_key);
  return RowsToken(batch, key);
}

std::string GroupToken(const std::string& batch_token, const RowGroup& group) {
  return Sha256Hex(batch_token + "|" + DayName(group));
}

void AddPrivacy(const Privacy& privacy, const std::string& database, const std::string& table, InsertRules& rules) {
  rules.key = *privacy.Key();
  for (auto& rule : rules.columns) rule.protector = privacy.ForInsert(database, table, rule.column.name);
}

class InsertTool : public Tool {
 public:
  InsertTool(clickhouse::Client& client, InsertRules rules, const schema::Dataset& dataset,
             const schema::InsertTool& declaration, WallClock clock, ingest::WriteBuffer* buffer)
      : rules_(std::move(rules)),
        target_{client, rules_, dataset.database.empty() ? client.DefaultDatabase() : dataset.database,
                declaration.table},
        definition_(InsertDefinition(declaration, rules_)),
        clock_(std::move(clock)),
        dataset_(dataset.name),
        buffer_(buffer) {}

  const mcp::ToolDefinition& Definition() const override { return definition_; }

  Result<Answer> Run(const RequestContext& context, std::string_view arguments_json) override {
    auto batch = ReadBatch(rules_, arguments_json);
    if (!batch) return std::move(batch).error();
    const Instant called_at = clock_();
    auto storing = StoringTime(context, *batch, called_at);
    if (!storing) return std::move(storing).error();

    InsertReport report{.rules = rules_,
                        .table = TableName(),
                        .batch = *batch,
                        .batch_token = BatchToken(*batch, rules_.key),
                        .now = storing->now,
                        .called_at = called_at,
                        .looked_back = storing->looked_back,
                        .through_buffer = ThroughBuffer()};
    if (batch->dry_run) return MakeInsertAnswer(report);
    if (batch->buffered || ThroughBuffer()) return Buffer(context, report, *batch);
    for (RowGroup& group : batch->groups) FillNow(rules_, report.now, group);
    if (auto stored = Store(context, report); !stored) return std::move(stored).error();
    return MakeInsertAnswer(report);
  }

 private:
  bool ThroughBuffer() const { return buffer_ != nullptr && buffer_->TakesAll(); }
  std::string TableName() const { return target_.database + "." + target_.table; }

  struct Storing {
    Instant now;
    bool looked_back = true;
  };

  // What "now" stands for. ClickHouse keeps tokens apart by partition, so a repeat after midnight would be stored again
  // on the new day: when the same rows are there from the last hour, they go where they were, and the token drops them.
  // An account that may only write cannot look; it does not lose its inserts in the first hour of a day for that.
  Result<Storing> StoringTime(const RequestContext& context, const Batch& batch, Instant called_at) const {
    const Instant midnight = std::chrono::floor<std::chrono::days>(called_at);
    const bool near_midnight = called_at - midnight < kMidnightWindow;
    const RowGroup& last = batch.groups.back();
    if (batch.buffered || ThroughBuffer() || !rules_.partition || !near_midnight || last.day || batch.dry_run)
      return Storing{called_at};
    auto earlier = LatestTime(context, target_, last, midnight - kMidnightWindow);
    if (earlier) return Storing{earlier->value_or(called_at)};
    if (earlier.error().code == ErrorCode::kAccessDenied) return Storing{called_at, false};
    return std::move(earlier).error();
  }

  /// The buffer knows repeats itself, so "now" may be another time in them.
  Result<Answer> Buffer(const RequestContext& context, InsertReport& report, Batch& batch) const {
    if (context.principal && context.principal->database_account) {
      return MakeError(ErrorCode::kAccessDenied,
                       "buffered rows are stored by the server's own database account, and this caller has another one",
                       ThroughBuffer() ? "while the server writes to two databases, all rows are buffered: ask its "
                                         "operator when that ends"
                                       : "leave mode out: the call is answered when the rows are stored");
    }
    ingest::Write write{
        {dataset_, target_.database, target_.table}, report.batch_token, RowsToken(batch, rules_.key), {}};
    std::map<std::optional<int64_t>, ingest::Slice> slices;
    for (RowGroup& group : batch.groups) {
      FillNow(rules_, report.now, group);
      ingest::Slice& slice = slices[report.DayOf(group)];
      slice.rows += group.rows;
      slice.body += group.body;
    }
    for (auto& [day, slice] : slices) {
      slice.day = day;
      write.slices.push_back(std::move(slice));
    }
    auto accepted = batch.buffered ? buffer_->Accept(context, write) : buffer_->AcceptAndFlush(context, write);
    if (!accepted) return std::move(accepted).error();
    report.buffered = *accepted;
    return MakeInsertAnswer(report);
  }

  Status Store(const RequestContext& context, const InsertReport& report) const {
    for (size_t done = 0; done < report.batch.groups.size(); ++done) {
      if (Status stored = StoreGroup(context, report, report.batch.groups[done]); !stored) {
        return StoredInPart(std::move(stored).error(), report, done);
      }
    }
    return Ok();
  }

  Status StoreGroup(const RequestContext& context, const InsertReport& report, const RowGroup& group) const {
    const clickhouse::Insert insert{.database = target_.database,
                                    .table = target_.table,
                                    .columns = rules_.names,
                                    .body = group.body,
                                    .deduplication_token = GroupToken(report.batch_token, group)};
    const bool has_key = !report.batch.idempotency_key.empty();
    auto written = has_key
                       ? target_.client.Write(context, insert)
                       : clickhouse::WriteOnce(context, target_.client, insert, {.name = "insert into " + TableName()});
    if (!written) return std::move(written).error();
    if (!has_key) return Ok();
    auto held = HoldsRows(context, target_, group, report.DayOf(group));
    if (!held) return std::move(held).error();
    return *held ? Ok() : KeyConflict(report, group);
  }

  const InsertRules rules_;
  const InsertTarget target_;
  const mcp::ToolDefinition definition_;
  const WallClock clock_;
  const std::string dataset_;
  ingest::WriteBuffer* const buffer_;  ///< null: there is none
};

}  // namespace

std::unique_ptr<Tool> CreateInsertTool(clickhouse::Client& client, const schema::Dataset& dataset,
                                       const schema::InsertTool& declaration, WallClock clock,
                                       const InsertOptions& options) {
  auto rules = MakeInsertRules(declaration);
  // The dataset's loader and its contract test come first, so this is a declaration that nobody ever ran.
  if (!rules) throw std::invalid_argument(declaration.name + ": " + rules.error().message);
  for (const auto& table : dataset.tables) {
    if (table.name == declaration.table) rules->keep_days = table.retention.keep_days;
  }
  if (options.privacy) AddPrivacy(*options.privacy, dataset.database, declaration.table, *rules);
  rules->buffers = options.buffer != nullptr;
  rules->grows = rules->buffers && options.grows;
  return std::make_unique<InsertTool>(client, *std::move(rules), dataset, declaration, std::move(clock),
                                      options.buffer);
}

std::unique_ptr<Tool> CreateInsertTool(clickhouse::Client& client, const schema::Dataset& dataset,
                                       const schema::InsertTool& declaration, const InsertOptions& options) {
  return CreateInsertTool(
      client, dataset, declaration, [] { return Instant(std::chrono::system_clock::now()); }, options);
}

}  // namespace chimera::tools
