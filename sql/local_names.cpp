#include "sql/local_names.h"

#include <vector>

namespace chimera::sql {
namespace {

/// Whether an operand can start behind `token`.
bool StartsOperand(const Token& token) {
  return token.Is("WITH") || token.Is("SELECT") || token.IsPunctuation(",") || token.IsPunctuation("(");
}

/// Follows whether the operand that is being read is a lambda; (x -> x) is one, too.
class LambdaTracker {
 public:
  void Read(const Token& token, const Token& previous) {
    if (token.IsPunctuation("->")) open_.back().lambda = true;
    if (token.IsPunctuation("(")) {
      open_.push_back({false, StartsOperand(previous)});
    } else if (token.IsPunctuation(")") && open_.size() > 1) {
      const Operand inner = open_.back();
      open_.pop_back();
      if (inner.whole) open_.back().lambda = inner.lambda;
    } else if (StartsOperand(token)) {
      open_.back().lambda = false;
    }
  }
  bool AtLambda() const { return open_.back().lambda; }

 private:
  struct Operand {
    bool lambda = false;
    bool whole = false;  ///< its bracket starts an operand of the surrounding one
  };
  std::vector<Operand> open_ = {{}};
};

}  // namespace

LocalNames::LocalNames(const TokenCursor& cursor) {
  LambdaTracker tracker;
  for (size_t i = 0; !cursor.At(i).text.empty(); ++i) {
    const Token& token = cursor.At(i);
    const Token& previous = cursor.At(i > 0 ? i - 1 : i);
    if (IsName(token)) {
      const std::string name = Unquote(token);
      ++counts_[name];
      if (previous.Is("AS") && tracker.AtLambda()) lambdas_.insert(name);
    }
    tracker.Read(token, previous);
  }
}

bool LocalNames::OccursOnce(const std::string& name) const {
  const auto found = counts_.find(name);
  return found != counts_.end() && found->second == 1;
}

}  // namespace chimera::sql
