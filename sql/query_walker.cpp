#include "sql/query_walker.h"

namespace chimera::sql {
namespace {

constexpr size_t kMaxNesting = 500;

std::string_view ClosingOf(const Token& opening) {
  if (opening.IsPunctuation("(")) return ")";
  if (opening.IsPunctuation("[")) return "]";
  return opening.IsPunctuation("{") ? "}" : "";
}

}  // namespace

bool QueryWalker::QueryStartsAt(size_t index, bool through_brackets) const {
  while (through_brackets && cursor_.At(index).IsPunctuation("(")) ++index;
  const Token& word = cursor_.At(index);
  const Token& next = cursor_.At(index + 1);
  const bool column = next.IsPunctuation(",") || next.IsPunctuation(")") || next.IsPunctuation(".");
  return (word.Is("SELECT") || word.Is("WITH") || word.Is("FROM")) && !column;
}

bool QueryWalker::AtQuery() const {
  return QueryStartsAt(cursor_.index(), true);
}

Status QueryWalker::Rest() {
  Frame frame;
  frame.query = QueryStartsAt(cursor_.index(), false);
  return Walk(frame, Token{TokenKind::kPunctuation, {}, 0});
}

/// Steps up to the bracket that closes `opening` and over it; to the end of the statement if `opening` is empty.
Status QueryWalker::Walk(Frame frame, const Token& opening) {
  const std::string_view closing = ClosingOf(opening);
  const size_t first = cursor_.index();
  while (!cursor_.AtEnd() && (closing.empty() || !cursor_.IsPunctuation(closing))) {
    if (Status step = Step(frame); !step) return step;
  }
  if (!closing.empty() && !cursor_.TakePunctuation(closing)) {
    return SyntaxErrorAt(opening, "the bracket " + Shown(opening) + " is never closed",
                         "add its `" + std::string(closing) + "`");
  }
  if (frame.query && !frame.selected) {  // on some server, what follows WITH or FROM could be another statement
    return RefusedAt(cursor_.At(first), "this query has no SELECT",
                     "write SELECT … FROM …, or quote names that are keywords: `from`");
  }
  return Ok();
}

Status QueryWalker::Step(Frame& frame) {
  switch (cursor_.Current().kind) {
    case TokenKind::kWord:
      return Word(frame);
    case TokenKind::kQuotedIdentifier:
      return Name(frame);
    case TokenKind::kPunctuation:
      return Punctuation(frame);
    case TokenKind::kString:
    case TokenKind::kNumber:
      break;
  }
  cursor_.Advance();
  return Ok();
}

Status QueryWalker::Punctuation(Frame& frame) {
  const Token& token = cursor_.Current();
  if (token.IsPunctuation("{")) return Parameter(frame);
  if (token.IsPunctuation("[")) return Bracket({});
  if (token.IsPunctuation("(")) {
    Frame inner;
    inner.names_tables = frame.names_tables;
    return Bracket(inner);
  }
  if (token.IsPunctuation(")") || token.IsPunctuation("]") || token.IsPunctuation("}")) {
    return SyntaxErrorAt(token, "the bracket " + Shown(token) + " closes nothing",
                         "remove it or add the one that opens it");
  }
  if (token.IsPunctuation(".")) return AfterDot();
  cursor_.Advance();
  if (token.IsPunctuation(",") && frame.list == List::kTables) return Table();
  return Ok();
}

/// Counts the bracket at the cursor and advances over it.
Status QueryWalker::Enter() {
  if (depth_ == kMaxNesting) {
    Error error =
        SyntaxErrorAt(cursor_.Current(), "more than " + std::to_string(kMaxNesting) + " brackets inside each other",
                      "split the query, or name its parts in a WITH clause");
    error.code = ErrorCode::kTooLarge;
    return error;
  }
  ++depth_;
  cursor_.Advance();
  return Ok();
}

Status QueryWalker::Bracket(Frame frame) {
  const Token& opening = cursor_.Current();
  if (Status entered = Enter(); !entered) return entered;
  if (opening.IsPunctuation("(") && cursor_.Is("EXPLAIN") && (cursor_.Next().IsPunctuation("(") || FollowedByName())) {
    cursor_.Advance();
    if (Status options = ExplainOptions(); !options) return options;
  }
  if (opening.IsPunctuation("(") && QueryStartsAt(cursor_.index(), false)) {
    frame = Frame{};
    frame.query = true;
  }
  Status walked = Walk(frame, opening);
  --depth_;
  return walked;
}

/// `{name:Type}`: a value is harmless, an identifier could be any table.
Status QueryWalker::Parameter(const Frame& frame) {
  const bool identifier = cursor_.Next(2).IsPunctuation(":") && cursor_.Next(3).Is("IDENTIFIER");
  if (identifier && frame.names_tables) {
    return RefusedAt(cursor_.Current(),
                     "a parameter of type Identifier stands where a table can stand, and the gate cannot see its value",
                     "write the table's name in the SQL; pass only values as parameters");
  }
  return Bracket({});
}

/// Advances over a name and what dots append to it; the number of its parts.
size_t QueryWalker::SkipName() {
  size_t parts = 1;
  cursor_.Advance();
  while (cursor_.IsPunctuation(".") && IsName(cursor_.Next()) && !cursor_.Next().Is("FROM") &&
         !cursor_.Next().Is("JOIN")) {
    cursor_.Advance(2);
    ++parts;
  }
  return parts;
}

Status QueryWalker::Name(const Frame& frame) {
  const size_t first = cursor_.index();
  const size_t parts = SkipName();
  const bool table_alias = frame.list == List::kTables && first > 0 && cursor_.At(first - 1).IsPunctuation(")");
  if (cursor_.IsPunctuation("(") && table_alias && AtColumnList(true)) return Bracket({});
  if (cursor_.IsPunctuation("(")) return Call(cursor_.Previous());
  const bool alias = first > 0 && cursor_.At(first - 1).Is("AS");
  return frame.names_tables && !alias ? CheckTableName(first, parts) : Ok();
}

/// An element of what stands before the dot: (tuple).name
Status QueryWalker::AfterDot() {
  cursor_.Advance();
  const bool element = IsName(cursor_.Current()) && !cursor_.Is("FROM") && !cursor_.Is("JOIN");
  return element ? Name({}) : Ok();
}

}  // namespace chimera::sql
