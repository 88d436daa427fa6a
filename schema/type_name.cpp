#include "schema/type_name.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sql/lexer.h"

namespace chimera::schema {
namespace {

using sql::Token;
using sql::TokenKind;
using Kind = std::optional<TypeKind>;

constexpr std::array<std::pair<std::string_view, TypeKind>, 16> kPlainTypes = {{
    {"Bool", TypeKind::kBool},
    {"UInt8", TypeKind::kNumber},
    {"UInt16", TypeKind::kNumber},
    {"UInt32", TypeKind::kNumber},
    {"UInt64", TypeKind::kNumber},
    {"Int8", TypeKind::kNumber},
    {"Int16", TypeKind::kNumber},
    {"Int32", TypeKind::kNumber},
    {"Int64", TypeKind::kNumber},
    {"Float32", TypeKind::kNumber},
    {"Float64", TypeKind::kNumber},
    {"String", TypeKind::kText},
    {"UUID", TypeKind::kUuid},
    {"Date", TypeKind::kTime},
    {"Date32", TypeKind::kTime},
    {"DateTime", TypeKind::kTime},
}};

/// Reads one type from tokens, front to back. Every method returns what it read, or nothing, and then the type is none.
class TypeReader {
 public:
  explicit TypeReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Kind ReadWhole() {
    const Kind kind = ReadType();
    return next_ == tokens_.size() ? kind : std::nullopt;
  }

 private:
  Kind ReadType() {
    if (!At(TokenKind::kWord)) return std::nullopt;
    const std::string_view name = tokens_[next_++].text;
    if (name == "LowCardinality" || name == "Nullable") return ReadWrapped();
    if (name == "Array") return ReadWrapped() ? Kind(TypeKind::kComposite) : std::nullopt;
    if (name == "Tuple") return ReadTuple();
    if (name == "Decimal") return ReadLiterals({TokenKind::kNumber, TokenKind::kNumber}, TypeKind::kNumber);
    if (name == "Enum8" || name == "Enum16") return ReadEnum();
    if (name == "FixedString") return ReadLiterals({TokenKind::kNumber}, TypeKind::kText);
    if (name == "DateTime" && AtPunctuation("(")) return ReadLiterals({TokenKind::kString}, TypeKind::kTime);
    if (name == "DateTime64") return ReadDateTime64();
    const auto* plain =
        std::find_if(kPlainTypes.begin(), kPlainTypes.end(), [&](auto& type) { return type.first == name; });
    return plain == kPlainTypes.end() ? std::nullopt : Kind(plain->second);
  }

  Kind ReadWrapped() {
    if (!Take("(")) return std::nullopt;
    const Kind inner = ReadType();
    return Take(")") ? inner : std::nullopt;
  }

  Kind ReadTuple() {
    if (!Take("(")) return std::nullopt;
    do {
      const bool named = next_ + 1 < tokens_.size() && tokens_[next_ + 1].kind == TokenKind::kWord;
      if (named) ++next_;
      if (!ReadType()) return std::nullopt;
    } while (Take(","));
    return Take(")") ? Kind(TypeKind::kComposite) : std::nullopt;
  }

  Kind ReadEnum() {
    if (!Take("(")) return std::nullopt;
    do {
      // A name with an escape in it is one that the tools do not read.
      const bool plain = At(TokenKind::kString) && tokens_[next_].text.find('\\') == std::string_view::npos;
      if (!plain || !Take(TokenKind::kString) || !Take("=") || !Take(TokenKind::kNumber)) return std::nullopt;
    } while (Take(","));
    return Take(")") ? Kind(TypeKind::kText) : std::nullopt;
  }

  Kind ReadDateTime64() {
    const size_t begin = next_;
    if (const Kind kind = ReadLiterals({TokenKind::kNumber}, TypeKind::kTime)) return kind;
    next_ = begin;
    return ReadLiterals({TokenKind::kNumber, TokenKind::kString}, TypeKind::kTime);
  }

  Kind ReadLiterals(const std::vector<TokenKind>& literals, TypeKind kind) {
    for (size_t i = 0; i < literals.size(); ++i) {
      if (!Take(i == 0 ? "(" : ",") || !At(literals[i])) return std::nullopt;
      ++next_;
    }
    return Take(")") ? Kind(kind) : std::nullopt;
  }

  bool At(TokenKind kind) const { return next_ < tokens_.size() && tokens_[next_].kind == kind; }
  bool AtPunctuation(std::string_view text) const {
    return next_ < tokens_.size() && tokens_[next_].IsPunctuation(text);
  }
  bool Take(std::string_view text) {
    if (!AtPunctuation(text)) return false;
    ++next_;
    return true;
  }
  bool Take(TokenKind kind) {
    if (!At(kind)) return false;
    ++next_;
    return true;
  }

  std::vector<Token> tokens_;
  size_t next_ = 0;
};

constexpr size_t kMaxTypeBytes = 1000;  // bounds the recursion

}  // namespace

Result<TypeKind> KindOfType(std::string_view type) {
  const auto refused = [&] {
    return MakeError(ErrorCode::kInvalidArgument, "type `" + std::string(type.substr(0, 100)) + "` is not supported",
                     "docs/datasets.md lists the types");
  };
  if (type.size() > kMaxTypeBytes) return refused();
  Result<std::vector<Token>> tokens = sql::Tokenize(type);
  if (!tokens) return refused();
  const Kind kind = TypeReader(std::move(*tokens)).ReadWhole();
  if (!kind) return refused();
  return *kind;
}

}  // namespace chimera::schema
