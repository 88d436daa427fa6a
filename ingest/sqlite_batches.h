// Sealed batches and dead letters in the tables of the buffer's file. All of this runs within the caller's transaction;
// the functions are those of Store by the same names.
#pragma once

#include <optional>
#include <vector>

#include "ingest/sqlite.h"
#include "ingest/store.h"

namespace chimera::ingest::sqlite {

Result<std::optional<Batch>> SealBatch(Connection& db, const Destination& to, const BatchLimits& limits);
Status UnsealBatch(Connection& db, const Batch& batch);
Status CheckBatch(Connection& db, const Batch& batch, const std::vector<Entry>& kept,
                  const std::vector<DeadLetter>& dead);
Status DivertDay(Connection& db, const Batch& batch, std::optional<int64_t> day, const std::string& reason);
Status FinishBatch(Connection& db, const Batch& batch);

Result<std::vector<DeadLetter>> ReadLetters(Connection& db, const std::optional<Destination>& to, uint64_t after,
                                            uint64_t limit);
/// `now` as in AppendWrite.
Result<uint64_t> TakeLetters(Connection& db, const std::vector<uint64_t>& ids, bool discard, Position now);

}  // namespace chimera::ingest::sqlite
