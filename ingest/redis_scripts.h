// What the store in Redis does, as Lua that the server runs: each script is one atomic step, and one that is sent again
// because its answer was lost changes nothing more.
//
// Every key begins with a hash tag, KEYS[1] ("{chimera}:"), so that a cluster keeps them in one slot:
//   state           hash: last (position), rows, bytes (that wait), fence (of leases), dead (latest id), frozen (or not
//   there) lease           who flushes: "FENCE:OWNER", expires identity:HASH   of a write: hash of its content, name of
//   the call, position; expires tables          set of the destinations' keys waiting         sorted set: destinations
//   that wait, by their oldest position dead            stream of dead letters, by id
// and for each destination:
//   table:TO        hash: its names, rows, bytes, dead, newest, stored; batch… while there is one
//   rows:TO         stream of writes as they came, by position
//   front:TO        stream of those before them that a check has changed
//   sizes:TO        list: "POSITION:ROWS:BYTES" of all writes in front and rows, so that nobody has to load the rows
//                   themselves to count them
// The first command that writes decides: when memory is short, Redis refuses it if it may need more and lets everything
// behind it pass. So a write begins with its XADD, and whatever frees memory in the end with a DEL of nothing.
#pragma once

#include <string>
#include <string_view>

namespace chimera::ingest {

struct Script {
  explicit Script(std::string_view body);
  std::string text;
  std::string sha1;  ///< as EVALSHA wants it
};

/// Arguments and answers: at each script in the .cpp file. Answers are arrays that begin with a word.
struct RedisScripts {
  RedisScripts();
  Script append;
  Script find;
  Script freeze;
  Script backlogs;
  Script read;
  Script take_lease;
  Script renew_lease;
  Script release_lease;
  Script seal;
  Script unseal;
  Script check;
  Script finish;
  Script take_dead;
};

}  // namespace chimera::ingest
