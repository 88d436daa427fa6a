#include "app/backlog_text.h"

#include "app/text_table.h"
#include "ingest/position.h"

namespace chimera::app {

std::chrono::seconds Waits(const ingest::Backlog& backlog) {
  if (backlog.oldest == 0) return std::chrono::seconds(0);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now - std::chrono::microseconds(backlog.oldest));
}

Json BacklogJson(const ingest::Backlog& backlog) {
  const auto position = [](ingest::Position at) { return at == 0 ? Json() : Json(ingest::PositionText(at)); };
  return {{"dataset", backlog.to.dataset},     {"table", backlog.to.FullName()},
          {"pending_rows", backlog.rows},      {"pending_bytes", backlog.bytes},
          {"pending_writes", backlog.writes},  {"oldest", position(backlog.oldest)},
          {"waits_s", Waits(backlog).count()}, {"watermark", position(backlog.stored)},
          {"on_its_way", backlog.sealed},      {"dead_letters", backlog.dead}};
}

std::string StatusText(const std::vector<ingest::Backlog>& backlogs, const std::string& where) {
  if (backlogs.empty()) return where + ": nothing was ever buffered here\n";
  std::vector<TextRow> rows = {{"table", "waiting rows", "bytes", "oldest", "stored up to", "dead letters"}};
  for (const auto& backlog : backlogs) {
    rows.push_back({backlog.to.FullName(), Count(backlog.rows), Bytes(backlog.bytes),
                    backlog.oldest == 0 ? "-" : Age(Waits(backlog).count()),
                    backlog.stored == 0 ? "-" : ingest::PositionText(backlog.stored), Count(backlog.dead)});
  }
  return where + "\n" + TextTable(rows, {0, 4});
}

}  // namespace chimera::app
