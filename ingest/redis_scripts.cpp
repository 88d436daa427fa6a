#include "ingest/redis_scripts.h"

#include <openssl/evp.h>

#include <array>

namespace chimera::ingest {
namespace {

// Numbers of Lua are doubles: positions stay below 2^53 until the year 2255.
constexpr std::string_view kShared = R"lua(
local base = KEYS[1]
local state = base .. 'state'
local function text(number) return string.format('%.0f', number + 0) end  -- never "-0"
local function number(value) return tonumber(value or 0) or 0 end

-- Microseconds: `given`, or where that is empty, what the clock of Redis says.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- Who has no lease has the token '', which is good while nobody has one.
local function holds(token) return (redis.call('GET', base .. 'lease') or '') == token end

local function allow_more_memory() redis.call('DEL', base .. 'nothing') end

local function count(to, rows, bytes)
  redis.call('HINCRBY', state, 'rows', text(rows))
  redis.call('HINCRBY', state, 'bytes', text(bytes))
  redis.call('HINCRBY', base .. 'table:' .. to, 'rows', text(rows))
  redis.call('HINCRBY', base .. 'table:' .. to, 'bytes', text(bytes))
end

local function note_oldest(to)
  local first = redis.call('LINDEX', base .. 'sizes:' .. to, 0)
  if first then redis.call('ZADD', base .. 'waiting', string.match(first, '%d+'), to)
  else redis.call('ZREM', base .. 'waiting', to) end
end

-- Of the first write under an identity, while it lives: hash of its content, name of the call, position; or nothing.
local function known_write(identity, now, life)
  local content, call, first = string.match(redis.call('GET', base .. 'identity:' .. identity) or '', '^(.*):(.*):(.*)$')
  if first and now - tonumber(first) < life * 1000 then return content, call, first end
end

-- An answer that refuses these rows, or nothing.
local function refused(now, rows, bytes, max_rows, max_bytes, max_age)
  if rows > tonumber(max_rows) then return {'large', 'rows'} end
  if bytes > tonumber(max_bytes) then return {'large', 'bytes'} end
  local kept = redis.call('HMGET', state, 'rows', 'bytes', 'dead_bytes')
  local dead = redis.call('XLEN', base .. 'dead')  -- nothing is dropped to make room
  if number(kept[1]) + dead + rows > tonumber(max_rows) then return {'full', 'rows', text(dead)} end
  if number(kept[2]) + number(kept[3]) + bytes > tonumber(max_bytes) then return {'full', 'bytes', text(dead)} end
  local oldest = redis.call('ZRANGE', base .. 'waiting', 0, 0, 'WITHSCORES')[2]
  if oldest and now - tonumber(oldest) > tonumber(max_age) then return {'full', 'age'} end
end

local function add(now, to, dataset, database, table, rows, bytes, slices)
  local position = text(math.max(now, number(redis.call('HGET', state, 'last')) + 1))
  redis.call('XADD', base .. 'rows:' .. to, position .. '-0', 's', slices)
  redis.call('RPUSH', base .. 'sizes:' .. to, position .. ':' .. text(rows) .. ':' .. text(bytes))
  redis.call('HSET', state, 'last', position)
  redis.call('HSET', base .. 'table:' .. to, 'dataset', dataset, 'database', database, 'table', table,
             'newest', position)
  redis.call('SADD', base .. 'tables', to)
  redis.call('ZADD', base .. 'waiting', 'NX', position, to)
  count(to, rows, bytes)
  return position
end

-- Of the sealed batch: id, first, last, rows, bytes, writes, checked. Nothing when there is none, or not that one.
local function sealed(to, id)
  local batch = redis.call('HMGET', base .. 'table:' .. to, 'batch', 'batch_first', 'batch_last', 'batch_rows',
                           'batch_bytes', 'batch_writes', 'batch_checked')
  if not batch[1] or (id and batch[1] ~= id) then return nil end
  return batch
end

-- A call that changes or ends a batch leaves its name, so that it is known when it is sent again.
local function note_call(to, call) redis.call('HSET', base .. 'table:' .. to, 'call', call) end
local function done_before(to, call) return redis.call('HGET', base .. 'table:' .. to, 'call') == call end

local function forget_batch(to, call)
  redis.call('HDEL', base .. 'table:' .. to, 'batch', 'batch_first', 'batch_last', 'batch_rows', 'batch_bytes',
             'batch_writes', 'batch_checked')
  note_call(to, call)
end

local function drop_rows(to, last, writes)
  local behind = text(tonumber(last) + 1) .. '-0'
  redis.call('XTRIM', base .. 'rows:' .. to, 'MINID', behind)
  redis.call('XTRIM', base .. 'front:' .. to, 'MINID', behind)
  redis.call('LTRIM', base .. 'sizes:' .. to, writes, -1)
end
)lua";

// clock, to, dataset, database, table, hash of the identity, hash of the content, its life in ms, rows, bytes, slices,
// most rows, most bytes, greatest age in µs, name of this call
// → added POSITION | repeated POSITION | conflict | frozen | full LIMIT [DEAD-LETTERS] | large LIMIT
constexpr std::string_view kAppend = R"lua(
local now, identity, content, life = clock(ARGV[1]), base .. 'identity:' .. ARGV[6], ARGV[7], ARGV[8]
local known, call, first = known_write(ARGV[6], now, life)
if known then
  if known ~= content then return {'conflict'} end
  return {call == ARGV[15] and 'added' or 'repeated', first}
end
if redis.call('HEXISTS', state, 'frozen') == 1 then return {'frozen'} end
local rows, bytes = tonumber(ARGV[9]), tonumber(ARGV[10])
local refusal = refused(now, rows, bytes, ARGV[12], ARGV[13], ARGV[14])
if refusal then return refusal end
local position = add(now, ARGV[2], ARGV[3], ARGV[4], ARGV[5], rows, bytes, ARGV[11])
redis.call('SET', identity, content .. ':' .. ARGV[15] .. ':' .. position, 'PX', life)
return {'added', position}
)lua";

// clock, hash of the identity, hash of the content, its life in ms → none | repeated POSITION | conflict
constexpr std::string_view kFind = R"lua(
local known, _, first = known_write(ARGV[2], clock(ARGV[1]), ARGV[4])
if not known then return {'none'} end
if known ~= ARGV[3] then return {'conflict'} end
return {'repeated', first}
)lua";

// 1, 0, or nothing to leave it as it is → ok FROZEN
constexpr std::string_view kFreeze = R"lua(
if ARGV[1] == '1' then redis.call('HSET', state, 'frozen', 1)
elseif ARGV[1] == '0' then redis.call('HDEL', state, 'frozen') end
return {'ok', text(redis.call('HEXISTS', state, 'frozen'))}
)lua";

// → ok, then for each table: dataset, database, table, rows, bytes, writes, dead, oldest, newest, stored, batch
constexpr std::string_view kBacklogs = R"lua(
local answer = {'ok'}
for _, to in ipairs(redis.call('SMEMBERS', base .. 'tables')) do
  local known = redis.call('HMGET', base .. 'table:' .. to, 'dataset', 'database', 'table', 'rows', 'bytes', 'dead',
                           'newest', 'stored', 'batch')
  local sizes = base .. 'sizes:' .. to
  local first = redis.call('LINDEX', sizes, 0)
  answer[#answer + 1] = {known[1], known[2], known[3], known[4], known[5], text(redis.call('LLEN', sizes)), known[6],
                         first and string.match(first, '%d+'), known[7], known[8], known[9]}
end
return answer
)lua";

// to, first id, last id, most of each → ok WRITES-IN-FRONT WRITES-IN-ROWS
// A script because a check moves writes from one to the other, and because Redis lets nobody begin a transaction while
// its memory is full.
constexpr std::string_view kRead = R"lua(
local function range(name)
  return redis.call('XRANGE', base .. name .. ARGV[1], ARGV[2], ARGV[3], 'COUNT', ARGV[4])
end
return {'ok', range('front:'), range('rows:')}
)lua";

// owner, life in ms → taken TOKEN | held
constexpr std::string_view kTakeLease = R"lua(
local lease, owner = base .. 'lease', ':' .. ARGV[1]
local held = redis.call('GET', lease)
if held and string.sub(held, -#owner) == owner then return {'taken', held} end
if held then return {'held'} end
allow_more_memory()
local token = text(redis.call('HINCRBY', state, 'fence', 1)) .. owner
redis.call('SET', lease, token, 'PX', ARGV[2])
return {'taken', token}
)lua";

// token, life in ms → ok | lost
constexpr std::string_view kRenewLease = R"lua(
if not holds(ARGV[1]) then return {'lost'} end
redis.call('PEXPIRE', base .. 'lease', ARGV[2])
return {'ok'}
)lua";

// token → ok
constexpr std::string_view kReleaseLease = R"lua(
if holds(ARGV[1]) then redis.call('DEL', base .. 'lease') end
return {'ok'}
)lua";

// token, to, id for a new batch, most rows, most bytes → sealed ID FIRST LAST ROWS BYTES WRITES CHECKED | empty | lost
constexpr std::string_view kSeal = R"lua(
if not holds(ARGV[1]) then return {'lost'} end
local to, max_rows, max_bytes = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
local batch = sealed(to)
if batch then return {'sealed', unpack(batch)} end
local first, last, writes, rows, bytes, fits = nil, nil, 0, 0, 0, true
while fits do
  local sizes = redis.call('LRANGE', base .. 'sizes:' .. to, writes, writes + 999)
  if #sizes == 0 then break end
  for _, size in ipairs(sizes) do
    local position, more_rows, more_bytes = string.match(size, '(%d+):(%d+):(%d+)')
    fits = writes == 0 or (rows + more_rows <= max_rows and bytes + more_bytes <= max_bytes)
    if not fits then break end
    first, last, writes = first or position, position, writes + 1
    rows, bytes = rows + more_rows, bytes + more_bytes
  end
end
if writes == 0 then return {'empty'} end
allow_more_memory()
redis.call('HSET', base .. 'table:' .. to, 'batch', ARGV[3], 'batch_first', first, 'batch_last', last,
           'batch_rows', text(rows), 'batch_bytes', text(bytes), 'batch_writes', text(writes), 'batch_checked', '0')
return {'sealed', unpack(sealed(to))}
)lua";

// token, to, batch, name of this call → ok | lost | gone
constexpr std::string_view kUnseal = R"lua(
if not holds(ARGV[1]) then return {'lost'} end
local to = ARGV[2]
if done_before(to, ARGV[4]) then return {'ok'} end
if not sealed(to, ARGV[3]) then return {'gone'} end
forget_batch(to, ARGV[4])
return {'ok'}
)lua";

// token, to, batch, name of this call, rows, bytes, "same" | "other" (neither again, once it is checked) | "divert";
// with the latter two: how many writes, for each: position, rows, bytes, slices; how many dead letters, for each:
// position, day, row, reason, time → ok | lost | gone | differs (it is not the same)
constexpr std::string_view kCheck = R"lua(
if not holds(ARGV[1]) then return {'lost'} end
local to, rows, bytes, what = ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local table = base .. 'table:' .. to
if done_before(to, ARGV[4]) then return {'ok'} end
local batch = sealed(to, ARGV[3])
if not batch then return {'gone'} end
if batch[7] == '1' and what ~= 'divert' then return {'ok'} end
if what == 'same' then
  if rows ~= tonumber(batch[4]) or bytes ~= tonumber(batch[5]) then return {'differs'} end
  allow_more_memory()
  redis.call('HSET', table, 'batch_checked', '1')
  return {'ok'}
end

allow_more_memory()
local front, sizes = base .. 'front:' .. to, base .. 'sizes:' .. to
drop_rows(to, batch[3], batch[6])
local behind = redis.call('XRANGE', front, '-', '+')
redis.call('DEL', front)
local writes = tonumber(ARGV[8])
local at = 9
for i = 1, writes do
  redis.call('XADD', front, ARGV[at] .. '-0', 's', ARGV[at + 3])
  at = at + 4
end
for i = 1, writes do
  local of = at - 4 * i
  redis.call('LPUSH', sizes, ARGV[of] .. ':' .. ARGV[of + 1] .. ':' .. ARGV[of + 2])
end
for _, entry in ipairs(behind) do redis.call('XADD', front, entry[1], 's', entry[2][2]) end

local dead = tonumber(ARGV[at])
local names = redis.call('HMGET', table, 'dataset', 'database', 'table')
for i = 1, dead do
  local of = at + 5 * (i - 1)
  local id = text(redis.call('HINCRBY', state, 'dead', 1))
  redis.call('XADD', base .. 'dead', id .. '-0', 'to', to, 'dataset', names[1], 'database', names[2],
             'table', names[3], 'batch', ARGV[3], 'position', ARGV[of + 1], 'day', ARGV[of + 2], 'row', ARGV[of + 3],
             'reason', ARGV[of + 4], 'at', ARGV[of + 5])
  redis.call('HINCRBY', state, 'dead_bytes', #ARGV[of + 3])
end
redis.call('HINCRBY', table, 'dead', dead)
count(to, rows - tonumber(batch[4]), bytes - tonumber(batch[5]))
redis.call('HSET', table, 'batch_rows', text(rows), 'batch_bytes', text(bytes), 'batch_writes', text(writes),
           'batch_checked', '1')
note_call(to, ARGV[4])
note_oldest(to)
return {'ok'}
)lua";

// token, to, batch, name of this call → ok | lost | gone
constexpr std::string_view kFinish = R"lua(
if not holds(ARGV[1]) then return {'lost'} end
local to = ARGV[2]
if done_before(to, ARGV[4]) then return {'ok'} end
local batch = sealed(to, ARGV[3])
if not batch then return {'gone'} end
drop_rows(to, batch[3], batch[6])
count(to, -tonumber(batch[4]), -tonumber(batch[5]))
redis.call('HSET', base .. 'table:' .. to, 'stored', batch[3])
forget_batch(to, ARGV[4])
note_oldest(to)
return {'ok'}
)lua";

// clock, "write" | "discard", ids… → taken COUNT
constexpr std::string_view kTakeDead = R"lua(
local now, write, letters = clock(ARGV[1]), ARGV[2] == 'write', {}
for i = 3, #ARGV do
  local found = redis.call('XRANGE', base .. 'dead', ARGV[i] .. '-0', ARGV[i] .. '-0')[1]
  if found then
    local letter = {id = found[1]}
    for field = 1, #found[2], 2 do letter[found[2][field]] = found[2][field + 1] end
    if not letters[letter.id] then letters[#letters + 1], letters[letter.id] = letter, true end
  end
end
for _, letter in ipairs(letters) do
  if write then
    local size = #letter.row + 1
    add(now, letter.to, letter.dataset, letter.database, letter.table, 1, size,
        letter.day .. ' 1 ' .. text(size) .. '\n' .. letter.row .. '\n')
  end
  redis.call('XDEL', base .. 'dead', letter.id)
  redis.call('HINCRBY', state, 'dead_bytes', -#letter.row)
  redis.call('HINCRBY', base .. 'table:' .. letter.to, 'dead', -1)
end
return {'taken', text(#letters)}
)lua";

std::string Sha1Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace

Script::Script(std::string_view body) : text(std::string(kShared) + std::string(body)), sha1(Sha1Hex(text)) {}

RedisScripts::RedisScripts()
    : append(kAppend),
      find(kFind),
      freeze(kFreeze),
      backlogs(kBacklogs),
      read(kRead),
      take_lease(kTakeLease),
      renew_lease(kRenewLease),
      release_lease(kReleaseLease),
      seal(kSeal),
      unseal(kUnseal),
      check(kCheck),
      finish(kFinish),
      take_dead(kTakeDead) {}

}  // namespace chimera::ingest
