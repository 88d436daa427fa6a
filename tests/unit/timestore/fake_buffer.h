// A buffer in memory, which says and takes what a test wants.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ingest/write_buffer.h"

namespace chimera::timestore {

class FakeBuffer : public ingest::WriteBuffer {
 public:
  Result<ingest::Accepted> Accept(const RequestContext&, const ingest::Write& write) override {
    writes.push_back(write);
    ingest::Backlog& backlog = Of(write.to);
    const ingest::Position position = 1'795'285'800'000'000 + static_cast<ingest::Position>(writes.size());
    for (const auto& slice : write.slices) {
      backlog.rows += slice.rows;
      backlog.bytes += slice.body.size();
      entries[write.to].push_back({position, slice});
    }
    if (backlog.oldest == 0) backlog.oldest = position;
    backlog.newest = position;
    return ingest::Accepted{position, false};
  }
  Status Flush(const RequestContext&, const std::vector<ingest::Destination>&, ingest::Position until) override {
    flushed_until.push_back(until);
    if (flush_error) return *flush_error;
    for (auto& backlog : backlogs) {
      backlog.stored = backlog.newest;
      backlog.rows = backlog.bytes = 0;
      backlog.oldest = 0;
    }
    entries.clear();
    return Ok();
  }
  Result<std::vector<ingest::Backlog>> Backlogs(const RequestContext&) override {
    if (away) return *away;
    return backlogs;
  }
  Result<std::vector<ingest::Entry>> Waiting(const RequestContext&, const ingest::Destination& to,
                                             const ingest::BatchLimits&) override {
    ++looks;
    return entries[to];
  }
  std::map<ingest::Destination, Error> Troubles() const override { return troubles; }

  ingest::Backlog& Of(const ingest::Destination& to) {
    for (auto& backlog : backlogs) {
      if (backlog.to == to) return backlog;
    }
    backlogs.emplace_back().to = to;
    return backlogs.back();
  }

  std::vector<ingest::Write> writes;
  std::vector<ingest::Backlog> backlogs;
  std::map<ingest::Destination, std::vector<ingest::Entry>> entries;
  std::vector<ingest::Position> flushed_until;
  std::optional<Error> flush_error;
  std::optional<Error> away;
  std::map<ingest::Destination, Error> troubles;
  int looks = 0;
};

}  // namespace chimera::timestore
