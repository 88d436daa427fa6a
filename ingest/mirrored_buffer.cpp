#include "ingest/mirrored_buffer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/log.h"
#include "ingest/row_shape.h"

namespace chimera::ingest {
namespace {

constexpr BatchLimits kAll{std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint64_t>::max()};
constexpr uint64_t kLetters = 1000;  // of one look

uint64_t RowsOf(const std::vector<Slice>& slices) {
  uint64_t rows = 0;
  for (const Slice& slice : slices) rows += slice.rows;
  return rows;
}

bool HasPosition(const std::vector<Slice>& slices) {
  return std::any_of(slices.begin(), slices.end(),
                     [](const Slice& slice) { return slice.body.find(kPositionColumn) != std::string::npos; });
}

Error OfMirror(Error error) {
  error.message = "mirror: " + error.message;
  return error;
}

Error ButSafe(Error error) {
  error.message = "the rows are safe in the buffer and will be stored, but are not in the table yet: " + error.message;
  error.hint = "Nothing has to be sent again; a repeat of this call adds nothing, and waits for them once more.";
  return error;
}

}  // namespace

Result<Accepted> MirroredBuffer::Accept(const RequestContext& context, const Write& write) {
  // Before the mirror is asked: what came before there was a mirror reaches it with the older rows.
  auto known = main_.store.Find(context, write);
  if (!known) return std::move(known).error();
  if (*known) return **known;
  auto copied = mirror_.writes.Accept(context, write);
  if (!copied) return OfMirror(std::move(copied).error());
  if (!copied->repeated) return main_.writes.Accept(context, write);
  auto first = AsAtFirst(context, write, copied->position);
  if (!first) return OfMirror(std::move(first).error());
  return main_.writes.Accept(context, *first);
}

/// The same rows, with the times that were given to them when they went into the mirror's buffer.
Result<Write> MirroredBuffer::AsAtFirst(const RequestContext& context, const Write& write, Position position) {
  auto entries = mirror_.store.Read(context, write.to, position - 1, position, kAll);
  if (!entries) return std::move(entries).error();
  Write first{write.to, write.identity, write.content, {}};
  for (Entry& entry : *entries) first.slices.push_back(std::move(entry.slice));
  const bool whole = RowsOf(first.slices) == RowsOf(write.slices);
  if (whole && HasPosition(first.slices) == HasPosition(write.slices)) return first;
  log::Warning("a repeated write to " + write.to.FullName() +
               " had reached the mirror alone: times that were left to the server may differ there");
  return write;
}

Result<Accepted> MirroredBuffer::AcceptAndFlush(const RequestContext& context, const Write& write) {
  auto accepted = Accept(context, write);
  if (!accepted) return accepted;
  if (Status stored = main_.writes.Flush(context, {write.to}, accepted->position); !stored) {
    return ButSafe(std::move(stored).error());
  }
  if (Status alive = CheckLetters(context, write.to, accepted->position); !alive) return std::move(alive).error();
  return accepted;
}

/// kInvalidArgument when rows of the write are dead letters.
Status MirroredBuffer::CheckLetters(const RequestContext& context, const Destination& to, Position position) {
  auto backlogs = main_.store.Backlogs(context);
  if (!backlogs) return ButSafe(std::move(backlogs).error());
  const bool any = std::any_of(backlogs->begin(), backlogs->end(),
                               [&](const Backlog& backlog) { return backlog.to == to && backlog.dead > 0; });
  uint64_t after = 0;
  while (any) {
    auto letters = main_.store.DeadLetters(context, to, after, kLetters);
    if (!letters) return ButSafe(std::move(letters).error());
    for (const DeadLetter& letter : *letters) {
      if (letter.position != position) continue;
      return MakeError(ErrorCode::kInvalidArgument,
                       "not all rows could be stored; those that could not are kept as dead letters: " + letter.reason,
                       "The operator can mend the table and let them in by `chimera-mcp ingest replay`; send mended "
                       "rows as a new call.");
    }
    if (letters->size() < kLetters) break;
    after = letters->back().id;
  }
  return Ok();
}

}  // namespace chimera::ingest
