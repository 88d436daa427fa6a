#include "tests/security/mutator.h"

#include <algorithm>
#include <array>

#include "sql/lexer.h"

namespace chimera::security {
namespace {

constexpr std::array<const char*, 15> kBlanks = {"",   " ",    " ",       " ",      " ",     " ",      " ", " ",
                                                 "\n", "/**/", "/* x */", "-- x\n", "# x\n", "\u00a0", "\t"};
constexpr size_t kMaxWords = 120;

/// The tokens of a statement, or the whole when it has none.
std::vector<std::string> Words(const std::string& sql) {
  const auto tokens = sql::Tokenize(sql);
  if (!tokens.ok() || tokens->empty()) return {sql};
  std::vector<std::string> words;
  for (const auto& token : *tokens) words.emplace_back(token.text);
  return words;
}

}  // namespace

Mutator::Mutator(const std::vector<Case>& hostile, const std::vector<Case>& benign, uint64_t seed) : random_(seed) {
  const auto add = [&](const std::vector<Case>& cases, std::vector<std::vector<std::string>>& statements) {
    for (const Case& each : cases) {
      if (each.sql.size() > 4000) continue;
      statements.push_back(chimera::security::Words(each.sql));
      pool_.insert(pool_.end(), statements.back().begin(), statements.back().end());
    }
  };
  add(hostile, hostile_);
  add(benign, benign_);
  // Once each: else a comma would be the answer to everything.
  std::sort(pool_.begin(), pool_.end());
  pool_.erase(std::unique(pool_.begin(), pool_.end()), pool_.end());
}

std::string Mutator::Next() {
  Words words = AnyStatement();
  for (size_t changes = 1 + Below(3); changes > 0; --changes) Change(words);
  if (words.size() > kMaxWords) words.resize(kMaxWords);
  return Written(words);
}

void Mutator::Change(Words& words) {
  if (words.empty()) return words.push_back(AnyWord());
  const auto at = [&] { return words.begin() + static_cast<ptrdiff_t>(Below(words.size())); };
  switch (Below(9)) {
    case 0:
      words.erase(at());
      return;
    case 1: {
      const std::string word = *at();
      words.insert(at(), word);
      return;
    }
    case 2:
      std::iter_swap(at(), at());
      return;
    case 3:
      words.insert(at(), AnyWord());
      return;
    case 4: {
      const auto place = at();
      *place = Disguised(*place);
      return;
    }
    case 5:
    case 6:
      return Splice(words);
    default:
      *at() = AnyWord();
  }
}

/// A piece of another statement in place of a piece of this one.
void Mutator::Splice(Words& words) {
  const Words& other = AnyStatement();
  const size_t begin = Below(words.size());
  const size_t end = begin + Below(std::min<size_t>(words.size() - begin, 6) + 1);
  const size_t from = Below(other.size());
  const size_t to = Below(2) == 0 ? other.size() : from + Below(other.size() - from + 1);
  Words spliced(words.begin(), words.begin() + static_cast<ptrdiff_t>(begin));
  spliced.insert(spliced.end(), other.begin() + static_cast<ptrdiff_t>(from),
                 other.begin() + static_cast<ptrdiff_t>(to));
  if (Below(2) == 0) spliced.insert(spliced.end(), words.begin() + static_cast<ptrdiff_t>(end), words.end());
  words = std::move(spliced);
}

std::string Mutator::Disguised(std::string word) {
  switch (Below(6)) {
    case 0:
      return "`" + word + "`";
    case 1:
      return "\"" + word + "\"";
    case 2:
      return "(" + word + ")";
    case 3:
      return "+" + word;
    case 4:
      word.insert(Below(word.size() + 1), 1, static_cast<char>(Below(256)));
      return word;
    default:
      for (char& c : word) {
        if (c >= 'a' && c <= 'z' && Below(2) == 0) c = static_cast<char>(c - 'a' + 'A');
      }
      return word;
  }
}

std::string Mutator::Written(const Words& words) {
  const bool plain = Below(4) != 0;
  std::string sql;
  for (const std::string& word : words) {
    if (!sql.empty()) sql += plain ? " " : kBlanks[Below(kBlanks.size())];
    sql += word;
  }
  return sql;
}

}  // namespace chimera::security
