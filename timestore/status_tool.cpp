// The tool `get.ingest_status`: what waits in the buffer, how far its tables have come, and what is wrong.
#include <chrono>
#include <map>
#include <set>

#include "ingest/position.h"
#include "timestore/buffer_facts.h"
#include "timestore/layout.h"
#include "timestore/tools.h"
#include "tools/answer.h"

namespace chimera::timestore {
namespace {

constexpr char kName[] = "get.ingest_status";
constexpr char kDescription[] =
    "Where buffered writes are: for each table what waits, since when, up to which position its rows are in the "
    "database "
    "(watermark), the latest insert, dead letters (rows that the table could not take) and why flushes fail. Ask it "
    "when a "
    "buffered row is not where it should be. For the tables themselves: timestore.datasets.";
const Json kColumns = {"dataset",   "table",        "pending_rows", "pending_bytes", "oldest_age_ms", "newest",
                       "watermark", "dead_letters", "last_rows",    "last_at",       "trouble"};

mcp::ToolDefinition Define() {
  return {kName,
          "Ingest status",
          kDescription,
          tools::ArgumentsSchema({{"dataset", tools::Typed("string", "only this one")}}, {}),
          tools::ObjectSchema({{"columns", tools::Typed("array", "names of the values in rows")},
                               {"rows", {{"type", "array"}, {"items", {{"type", "array"}}}}},
                               {"row_count", {{"type", "integer"}}},
                               {"notes", {{"type", "array"}}}}),
          {}};
}

Json AgeMs(ingest::Position oldest) {
  if (oldest == 0) return nullptr;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max<int64_t>(
      0, std::chrono::duration_cast<std::chrono::milliseconds>(now - std::chrono::microseconds(oldest)).count());
}

Json Text(ingest::Position position) {
  return position == 0 ? Json() : Json(ingest::PositionText(position));
}

class StatusTool final : public tools::JsonTool {
 public:
  explicit StatusTool(const ToolSources& sources)
      : JsonTool(Define()), client_(sources.client), buffer_(sources.buffer) {}

 private:
  using Records = std::map<std::string, std::map<std::string, Recorded>>;  ///< by database, by table

  Result<tools::Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    auto backlogs = buffer_.Backlogs(context);
    if (!backlogs) return std::move(backlogs).error();
    if (arguments.contains("dataset")) {
      std::erase_if(*backlogs, [&](const auto& one) { return one.to.dataset != arguments["dataset"]; });
    }
    Json notes = Json::array();
    const Records records = ReadAll(context, *backlogs, notes);
    const bool in_part = context.principal && context.principal->database_account;  // not told of others' data
    const auto troubles = buffer_.Troubles();
    Json rows = Json::array();
    for (const auto& backlog : *backlogs) {
      const auto trouble = troubles.find(backlog.to);
      Json why;
      if (trouble != troubles.end())
        why = in_part ? std::string(chimera::Name(trouble->second.code)) : trouble->second.message;
      rows.push_back(Row(backlog, records, std::move(why)));
    }
    Json answer = {{"columns", kColumns}, {"rows", rows}, {"row_count", rows.size()}};
    if (!notes.empty()) answer["notes"] = notes;
    return tools::Answer{Summary(*backlogs, troubles.size()), ToText(answer), rows.size()};
  }

  /// Best effort: the buffer is looked at just when the database is away.
  Records ReadAll(const RequestContext& context, const std::vector<ingest::Backlog>& backlogs, Json& notes) {
    Records records;
    for (const auto& backlog : backlogs) {
      const std::string& database = backlog.to.database;
      if (records.contains(database)) continue;
      auto read = ReadRecords(context, client_, database);
      if (!read) notes.push_back("what " + database + " has on record is not known: " + read.error().message);
      records[database] = read ? *std::move(read) : std::map<std::string, Recorded>();
    }
    return records;
  }

  static Json Row(const ingest::Backlog& backlog, const Records& records, Json trouble) {
    const auto& of_database = records.at(backlog.to.database);
    const auto found = of_database.find(backlog.to.table);
    const Recorded* recorded = found == of_database.end() ? nullptr : &found->second;
    const bool known = recorded != nullptr && !recorded->at.empty();
    const auto name = NameOf(backlog.to);
    return {backlog.to.dataset,
            name ? name->table : backlog.to.table,
            backlog.rows,
            backlog.bytes,
            AgeMs(backlog.oldest),
            Text(backlog.newest),
            WatermarkJson(&backlog, recorded),
            backlog.dead,
            known ? Json(recorded->rows) : Json(),
            known ? Json(recorded->at) : Json(),
            std::move(trouble)};
  }

  static std::string Summary(const std::vector<ingest::Backlog>& backlogs, size_t troubles) {
    uint64_t rows = 0, dead = 0;
    for (const auto& backlog : backlogs) {
      rows += backlog.rows;
      dead += backlog.dead;
    }
    std::string text = backlogs.empty()
                           ? "Nothing was ever written through the buffer."
                           : std::to_string(rows) + " rows wait in the buffer, for " + std::to_string(backlogs.size()) +
                                 (backlogs.size() == 1 ? " table." : " tables.");
    if (dead > 0) text += " " + std::to_string(dead) + " rows are dead letters: chimera-mcp ingest dead-letter.";
    if (troubles > 0) text += " Flushes fail: see `trouble`.";
    return text;
  }

  clickhouse::Client& client_;
  ingest::WriteBuffer& buffer_;
};

}  // namespace

std::unique_ptr<tools::Tool> CreateStatusTool(const ToolSources& sources) {
  return std::make_unique<StatusTool>(sources);
}

}  // namespace chimera::timestore
