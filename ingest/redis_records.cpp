#include "ingest/redis_records.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <map>
#include <utility>

namespace chimera::ingest {
namespace {

using Fields = std::map<std::string_view, std::string_view>;

template <typename Number>
std::optional<Number> Parse(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What stands in `text` before `border`, which is taken away with it.
std::optional<std::string_view> TakeUntil(std::string_view& text, char border) {
  const size_t at = text.find(border);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

std::optional<Slice> TakeSlice(std::string_view& bytes) {
  const auto day = TakeUntil(bytes, ' ');
  const auto rows = day ? TakeUntil(bytes, ' ') : std::nullopt;
  const auto size = rows ? TakeUntil(bytes, '\n') : std::nullopt;
  if (!size) return std::nullopt;
  const auto row_count = Parse<uint64_t>(*rows);
  const auto body_size = Parse<size_t>(*size);
  if (!row_count || !body_size || *body_size > bytes.size()) return std::nullopt;
  Slice slice{.day = Parse<int64_t>(*day), .rows = *row_count, .body = std::string(bytes.substr(0, *body_size))};
  if (!slice.day && !day->empty()) return std::nullopt;
  bytes.remove_prefix(*body_size);
  return slice;
}

struct StreamEntry {
  uint64_t id = 0;
  Fields fields;
};

std::optional<StreamEntry> StreamEntryOf(const redisReply& reply) {
  if (!IsArray(reply, 2) || !IsArray(*reply.element[1])) return std::nullopt;
  std::string_view id = TextOf(*reply.element[0]);
  id = id.substr(0, id.find('-'));
  const auto number = Parse<uint64_t>(id);
  if (!number) return std::nullopt;
  StreamEntry entry{.id = *number, .fields = {}};
  const redisReply& fields = *reply.element[1];
  for (size_t i = 0; i + 1 < fields.elements; i += 2) {
    entry.fields[TextOf(*fields.element[i])] = TextOf(*fields.element[i + 1]);
  }
  return entry;
}

DeadLetter DeadLetterOf(const StreamEntry& entry) {
  const auto text = [&](std::string_view name) {
    const auto found = entry.fields.find(name);
    return std::string(found == entry.fields.end() ? std::string_view() : found->second);
  };
  DeadLetter letter;
  letter.id = entry.id;
  letter.to = {.dataset = text("dataset"), .database = text("database"), .table = text("table")};
  letter.position = Parse<Position>(text("position")).value_or(0);
  letter.day = Parse<int64_t>(text("day"));
  letter.batch = text("batch");
  letter.row = text("row");
  letter.reason = text("reason");
  letter.at = std::chrono::system_clock::time_point(std::chrono::microseconds(Parse<int64_t>(text("at")).value_or(0)));
  return letter;
}

}  // namespace

std::string TableKey(const Destination& to) {
  std::string key;
  for (const std::string* part : {&to.dataset, &to.database, &to.table}) {
    key += std::to_string(part->size()) + ":" + *part;
  }
  return key;
}

std::string PackSlice(const Slice& slice) {
  std::string bytes = slice.day ? std::to_string(*slice.day) : std::string();
  bytes += " " + std::to_string(slice.rows) + " " + std::to_string(slice.body.size()) + "\n";
  return bytes += slice.body;
}

std::optional<std::vector<Slice>> UnpackSlices(std::string_view bytes) {
  std::vector<Slice> slices;
  while (!bytes.empty()) {
    auto slice = TakeSlice(bytes);
    if (!slice) return std::nullopt;
    slices.push_back(*std::move(slice));
  }
  return slices;
}

std::string_view TextOf(const redisReply& reply) {
  const bool has_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS;
  return has_text ? std::string_view(reply.str, reply.len) : std::string_view();
}

uint64_t NumberOf(const redisReply& reply) {
  return Parse<uint64_t>(TextOf(reply)).value_or(0);
}

bool IsArray(const redisReply& reply, size_t at_least) {
  return reply.type == REDIS_REPLY_ARRAY && reply.elements >= at_least;
}

std::optional<std::vector<KeptWrite>> WritesOf(const redisReply& reply) {
  if (!IsArray(reply)) return std::nullopt;
  std::vector<KeptWrite> writes;
  for (size_t i = 0; i < reply.elements; ++i) {
    const auto entry = StreamEntryOf(*reply.element[i]);
    const auto packed = entry ? entry->fields.find("s") : Fields::const_iterator();
    if (!entry || packed == entry->fields.end()) return std::nullopt;
    auto slices = UnpackSlices(packed->second);
    if (!slices) return std::nullopt;
    KeptWrite write{.position = static_cast<Position>(entry->id), .slices = *std::move(slices)};
    for (const Slice& slice : write.slices) {
      write.rows += slice.rows;
      write.bytes += slice.body.size();
    }
    writes.push_back(std::move(write));
  }
  return writes;
}

std::optional<std::vector<DeadLetter>> DeadLettersOf(const redisReply& reply) {
  if (!IsArray(reply)) return std::nullopt;
  std::vector<DeadLetter> letters;
  for (size_t i = 0; i < reply.elements; ++i) {
    const auto entry = StreamEntryOf(*reply.element[i]);
    if (!entry) return std::nullopt;
    letters.push_back(DeadLetterOf(*entry));
  }
  return letters;
}

std::optional<Backlog> BacklogOf(const redisReply& reply) {
  if (!IsArray(reply, 11)) return std::nullopt;
  const auto text = [&](size_t i) { return std::string(TextOf(*reply.element[i])); };
  const auto number = [&](size_t i) { return NumberOf(*reply.element[i]); };
  Backlog backlog;
  backlog.to = {.dataset = text(0), .database = text(1), .table = text(2)};
  backlog.rows = number(3);
  backlog.bytes = number(4);
  backlog.writes = number(5);
  backlog.dead = number(6);
  backlog.oldest = static_cast<Position>(number(7));
  backlog.newest = static_cast<Position>(number(8));
  backlog.stored = static_cast<Position>(number(9));
  backlog.sealed = !TextOf(*reply.element[10]).empty();
  return backlog;
}

}  // namespace chimera::ingest
