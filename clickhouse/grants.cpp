#include "clickhouse/grants.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

using sql::Token;

constexpr std::array<std::string_view, 10> kReading = {"SELECT",
                                                       "SHOW",
                                                       "dictGet",
                                                       "CHECK",
                                                       "USAGE",
                                                       "KILL QUERY",
                                                       "TABLE ENGINE",
                                                       "CREATE TEMPORARY TABLE",
                                                       "displaySecretsInShowAndSelect",
                                                       "NAMED COLLECTION"};

bool Reads(std::string_view privilege) {
  return std::ranges::any_of(kReading, [&](std::string_view reading) {
    return privilege == reading || privilege.starts_with(std::string(reading) + " ") ||
           privilege.starts_with(std::string(reading) + "(");
  });
}

/// The tokens between GRANT and `end`, split at commas outside brackets, as they are written.
std::vector<std::string> Items(std::string_view text, const std::vector<Token>& tokens, size_t end) {
  std::vector<std::string> items;
  int depth = 0;
  for (size_t i = 1, first = 1; i <= end; ++i) {
    if (i < end && tokens[i].IsPunctuation("(")) ++depth;
    if (i < end && tokens[i].IsPunctuation(")")) --depth;
    if (i < end && (depth > 0 || !tokens[i].IsPunctuation(","))) continue;
    const size_t from = tokens[first].offset, until = tokens[i].offset;
    items.emplace_back(Trim(text.substr(from, until - from)));
    first = i + 1;
  }
  return items;
}

/// Where the first of these keywords stands; the count of tokens when none does.
size_t Find(const std::vector<Token>& tokens, std::string_view keyword) {
  const auto found = std::ranges::find_if(tokens, [&](const Token& token) { return token.Is(keyword); });
  return static_cast<size_t>(found - tokens.begin());
}

}  // namespace

std::vector<std::string> BeyondReading(std::string_view grant) {
  const auto tokens = sql::Tokenize(grant);
  if (!tokens || tokens->empty() || !tokens->front().Is("GRANT")) return {};
  const size_t on = Find(*tokens, "ON"), to = Find(*tokens, "TO");
  if (on >= to || to >= tokens->size()) return {};
  const std::string_view where = grant.substr((*tokens)[on].offset, (*tokens)[to].offset - (*tokens)[on].offset);
  std::vector<std::string> beyond;
  for (const std::string& privilege : Items(grant, *tokens, on)) {
    if (!Reads(privilege)) beyond.push_back(privilege + " " + std::string(Trim(where)));
  }
  return beyond;
}

std::vector<std::string> GrantedRoles(std::string_view grant) {
  const auto tokens = sql::Tokenize(grant);
  if (!tokens || tokens->size() < 4 || !tokens->front().Is("GRANT")) return {};
  const size_t on = Find(*tokens, "ON"), to = Find(*tokens, "TO");
  if (on < to || to >= tokens->size()) return {};
  return Items(grant, *tokens, to);
}

}  // namespace chimera::clickhouse
