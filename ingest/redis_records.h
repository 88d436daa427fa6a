// What the store keeps in Redis, as bytes and back, see redis_scripts.h. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/store.h"

struct redisReply;

namespace chimera::ingest {

/// In the names of keys: "6:events7:default6:events", which no other destination has.
std::string TableKey(const Destination& to);

std::string PackSlice(const Slice& slice);
/// The slices of a write, packed one behind the other; nothing when somebody else wrote these bytes.
std::optional<std::vector<Slice>> UnpackSlices(std::string_view bytes);

/// A write as a stream has it.
struct KeptWrite {
  Position position = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  std::vector<Slice> slices;
};

// Of replies. A null stands for "" and 0. Those that return an optional have nothing when the reply has another form.
std::string_view TextOf(const redisReply& reply);
uint64_t NumberOf(const redisReply& reply);
/// Whether it is an array; `at_least` so many elements.
bool IsArray(const redisReply& reply, size_t at_least = 0);
/// Of XRANGE over rows or front.
std::optional<std::vector<KeptWrite>> WritesOf(const redisReply& reply);
/// Of XRANGE over dead.
std::optional<std::vector<DeadLetter>> DeadLettersOf(const redisReply& reply);
/// One of the arrays of the script `backlogs`.
std::optional<Backlog> BacklogOf(const redisReply& reply);

}  // namespace chimera::ingest
