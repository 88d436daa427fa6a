// Writes for two databases: each goes into the buffers of both before it is answered. Whoever reads or waits deals with
// the main one; the mirror's own flusher brings it up as fast as it can, and holds up nobody.
#pragma once

#include <optional>
#include <vector>

#include "ingest/write_buffer.h"

namespace chimera::ingest {

class MirroredBuffer : public WriteBuffer {
 public:
  /// A buffer, and who writes into it and flushes it.
  struct Side {
    Store& store;
    WriteBuffer& writes;
  };
  /// Both must outlive this.
  MirroredBuffer(Side main, Side mirror) : main_(main), mirror_(mirror) {}

  /// Safe in both when it returns, the mirror's first; the position is that of the main one. After an error it may be
  /// in the mirror's alone, until it is repeated: what the main one knows, the mirror has. Errors of the mirror say so.
  /// Rows of a repeat that only the mirror knows are those of the first time, as far as they still wait there.
  Result<Accepted> Accept(const RequestContext& context, const Write& write) override;

  bool TakesAll() const override { return true; }
  Result<Accepted> AcceptAndFlush(const RequestContext& context, const Write& write) override;

  // Of the main database:
  Status Flush(const RequestContext& context, const std::vector<Destination>& tables, Position until) override {
    return main_.writes.Flush(context, tables, until);
  }
  Result<std::vector<Backlog>> Backlogs(const RequestContext& context) override {
    return main_.writes.Backlogs(context);
  }
  Result<std::vector<Entry>> Waiting(const RequestContext& context, const Destination& to,
                                     const BatchLimits& limits) override {
    return main_.writes.Waiting(context, to, limits);
  }

 private:
  Result<Write> AsAtFirst(const RequestContext& context, const Write& write, Position position);
  Status CheckLetters(const RequestContext& context, const Destination& to, Position position);

  const Side main_;
  const Side mirror_;
};

}  // namespace chimera::ingest
