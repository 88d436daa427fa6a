// The read gate: whatever it is given it answers, points into the text, and says the same of what it let pass.
#include "sql/lexer.h"
#include "sql/read_gate.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

void CheckTokens(std::string_view sql) {
  const auto tokens = sql::Tokenize(sql);
  if (!tokens) return fuzz::Require(tokens.error().position <= sql.size(), "an error points into the text", sql);
  size_t end = 0;
  for (const auto& token : *tokens) {
    fuzz::Require(!token.text.empty() && token.offset >= end, "tokens follow each other", sql);
    fuzz::Require(sql.substr(token.offset, token.text.size()) == token.text, "a token is a slice", sql);
    end = token.offset + token.text.size();
  }
}

void CheckGate(std::string_view sql) {
  const auto passed = sql::CheckRead(sql);
  if (!passed) {
    const auto& error = passed.error();
    fuzz::Require(!error.message.empty() && !error.hint.empty(), "a refusal says why and what instead", sql);
    return fuzz::Require(!error.position || *error.position <= sql.size(), "a refusal points into the text", sql);
  }
  fuzz::Require(sql.starts_with(passed->text), "what is sent is what was checked", sql);
  const auto again = sql::CheckRead(passed->text);
  fuzz::Require(again.ok() && again->text == passed->text && again->kind == passed->kind, "a read stays one", sql);
  const auto statements = sql::SplitStatements(passed->text);
  fuzz::Require(statements.ok() && statements->size() == 1, "a read is one statement", sql);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view sql = fuzz::TextOf(data, size);
  CheckTokens(sql);
  CheckGate(sql);
  return 0;
}
