// How pages and prompts write names, sizes and other people's texts. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chimera::guide {

/// Whether a tool can be called, by its dotted name; no function: all can.
using Offers = std::function<bool(std::string_view tool)>;

/// `text` on one line, cut with "…" at `max_bytes`: comments are the database's, and must not look like a part of the
/// page.
std::string OneLine(std::string_view text, size_t max_bytes = 400);

/// Up to the first full stop that ends a sentence, with it.
std::string FirstSentence(std::string_view text);

/// "31 rows", "1 row".
std::string RowCount(double rows);

/// "512 B", "1.4 GiB".
std::string ByteSize(double bytes);

/// `database.table` as SQL: quoted only where it has to be.
std::string SqlName(std::string_view database, std::string_view table);

}  // namespace chimera::guide
