#include "base/redaction.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace chimera {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

// A name is one of a secret when it is one of these, or ends with one behind `_`, `-` or `.`.
constexpr std::array<std::string_view, 20> kSecretNames = {
    "password",  "passwd",     "passphrase",        "pwd",        "secret",      "token",           "api_key",
    "apikey",    "access_key", "access_key_id",     "secret_key", "account_key", "private_key",     "credential",
    "signature", "sig",        "connection_string", "sas",        "salt",        "x-clickhouse-key"};

// Headers whose whole value is one.
constexpr std::array<std::string_view, 5> kSecretHeaders = {"authorization", "proxy-authorization", "x-clickhouse-key",
                                                            "cookie", "set-cookie"};

// Table functions, engines and dictionary sources whose first argument is an address and whose others may be secrets.
constexpr std::array<std::string_view, 37> kOutward = {"s3",
                                                       "s3cluster",
                                                       "s3queue",
                                                       "gcs",
                                                       "oss",
                                                       "cosn",
                                                       "azureblobstorage",
                                                       "azureblobstoragecluster",
                                                       "azurequeue",
                                                       "mysql",
                                                       "materializedmysql",
                                                       "postgresql",
                                                       "materializedpostgresql",
                                                       "remote",
                                                       "remotesecure",
                                                       "mongodb",
                                                       "redis",
                                                       "odbc",
                                                       "jdbc",
                                                       "hdfs",
                                                       "iceberg",
                                                       "icebergs3",
                                                       "icebergazure",
                                                       "deltalake",
                                                       "deltalakes3",
                                                       "deltalakeazure",
                                                       "hudi",
                                                       "paimons3",
                                                       "kafka",
                                                       "nats",
                                                       "rabbitmq",
                                                       "externaldistributed",
                                                       "ytsaurus",
                                                       "sqlite",
                                                       "url",
                                                       "arrowflight",
                                                       "headers"};

// Functions whose every string may be a key or what it protects.
constexpr std::array<std::string_view, 7> kCiphers = {
    "encrypt", "decrypt", "trydecrypt", "aes_encrypt_mysql", "aes_decrypt_mysql", "hmac", "siphash64keyed"};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool IsTokenByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~+/=").find(c) != kNowhere;
}

bool SameText(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) { return Lower(x) == y; });
}

template <size_t kSize>
bool IsOneOf(std::string_view name, const std::array<std::string_view, kSize>& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return SameText(name, known); });
}

bool NamesSecret(std::string_view name) {
  return std::any_of(kSecretNames.begin(), kSecretNames.end(), [&](std::string_view known) {
    if (name.size() < known.size() || !SameText(name.substr(name.size() - known.size()), known)) return false;
    return name.size() == known.size() ||
           std::string_view("_-.").find(name[name.size() - known.size() - 1]) != kNowhere;
  });
}

/// Reads a text from left to right and writes it without its secrets.
class Redactor {
 public:
  explicit Redactor(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string Run() {
    while (at_ < text_.size()) {
      if (StartsWord()) {
        Word();
      } else if (text_.substr(at_, 3) == "://") {
        Address();
      } else if (text_[at_] == '\'' && (identified_ || InCall())) {
        String();
      } else {
        Bracket(text_[at_]);
        Copy(1);
      }
    }
    return std::move(out_);
  }

 private:
  /// What is known between a bracket and its end: how many strings of it were seen, and from which on they are hidden.
  struct Call {
    size_t shown = kNowhere;
    size_t strings = 0;
  };

  bool StartsWord() const { return IsWordByte(text_[at_]) && (at_ == 0 || !IsWordByte(text_[at_ - 1])); }

  void Copy(size_t bytes) {
    out_ += text_.substr(at_, bytes);
    at_ = std::min(at_ + bytes, text_.size());
  }

  void Hide(size_t bytes) {
    out_ += kRedacted;
    at_ = std::min(at_ + bytes, text_.size());
  }

  size_t WordEnd(size_t from) const {
    while (from < text_.size() && (IsWordByte(text_[from]) || IsInner(from))) ++from;
    return from;
  }

  /// A dash or a full stop inside of a name: X-ClickHouse-Key, s3.secret.
  bool IsInner(size_t at) const {
    return (text_[at] == '-' || text_[at] == '.') && at + 1 < text_.size() && IsWordByte(text_[at + 1]);
  }

  size_t SkipSpace(size_t from) const {
    while (from < text_.size() && (text_[from] == ' ' || text_[from] == '\t')) ++from;
    return from;
  }

  void Word() {
    const size_t end = WordEnd(at_);
    const std::string_view word = text_.substr(at_, end - at_);
    if (IsOurToken(word) || IsJwt(word)) return Hide(word.size());
    Copy(word.size());
    if (SameText(word, "identified")) identified_ = FollowedByWay();
    if (IsOneOf(word, kSecretHeaders) && HeaderValue()) return;
    if (SameText(word, "bearer") || SameText(word, "basic")) return Credentials();
    if (NamesSecret(word)) return Value();
    if (text_.substr(SkipSpace(at_), 1) == "(") Open(word);
  }

  /// IDENTIFIED BY … or WITH …, not a sentence.
  bool FollowedByWay() const {
    const size_t begin = SkipSpace(at_);
    const std::string_view word = text_.substr(begin, WordEnd(begin) - begin);
    return SameText(word, "by") || SameText(word, "with");
  }

  static bool IsOurToken(std::string_view word) { return word.starts_with("chimera_") && word.size() >= 40; }

  static bool IsJwt(std::string_view word) {
    return word.starts_with("eyJ") && std::count(word.begin(), word.end(), '.') >= 2;
  }

  /// `Authorization: Bearer abc`, `'Authorization'='Bearer abc'`: to the end of the line or of the string.
  bool HeaderValue() {
    size_t begin = at_;
    while (begin < text_.size() && std::string_view(" '\"`:=,").find(text_[begin]) != kNowhere) ++begin;
    if (text_.substr(at_, begin - at_).find_first_of(":=") == kNowhere) return false;
    Copy(begin - at_);
    Hide(std::min(text_.find_first_of("'\"`\r\n,)", at_), text_.size()) - at_);
    return true;
  }

  void Credentials() {
    constexpr size_t kLeast = 8;
    const size_t begin = SkipSpace(at_);
    size_t end = begin;
    while (end < text_.size() && IsTokenByte(text_[end])) ++end;
    if (begin == at_ || end - begin < kLeast || Plain(text_.substr(begin, end - begin))) return;
    Copy(begin - at_);
    Hide(end - begin);
  }

  /// A word of a sentence: letters alone, in one case.
  static bool Plain(std::string_view word) {
    return std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '.'; });
  }

  /// password = x, password='x', PASSWORD 'x', "password": "x", password=x&…
  void Value() {
    size_t begin = at_;
    while (begin < text_.size() && std::string_view("'\"`").find(text_[begin]) != kNowhere) ++begin;
    begin = SkipSpace(begin);
    const char sign = begin < text_.size() ? text_[begin] : '\0';
    const bool assigned = sign == '=' || (sign == ':' && text_.substr(begin, 2) != "::");
    if (assigned) begin = SkipSpace(begin + 1);
    const char quote = begin < text_.size() ? text_[begin] : '\0';
    const bool quoted = quote == '\'' || quote == '"';
    const bool separated = assigned || (begin > at_ && text_[at_] == ' ');
    if (!separated || (!quoted && sign != '=')) return;
    Copy(begin - at_);
    if (quoted) return HideString();
    Hide(std::min(text_.find_first_of(" \t\r\n,;&)]}'\"", at_), text_.size()) - at_);
  }

  /// user:password@host; a user alone is shown, unless it is all that there is.
  void Address() {
    Copy(3);
    const size_t end = std::min(text_.find_first_of(" \t\r\n/?#'\"`<>()", at_), text_.size());
    const size_t sign = text_.substr(0, end).rfind('@');
    if (sign == kNowhere || sign < at_) return;
    const size_t colon = text_.substr(at_, sign - at_).find(':');
    Copy(colon == kNowhere ? 0 : colon + 1);
    Hide(sign - at_);
  }

  void Open(std::string_view name) {
    if (const size_t dot = name.rfind('.'); dot != kNowhere) name.remove_prefix(dot + 1);
    if (IsOneOf(name, kOutward)) next_.shown = SameText(name, "headers") ? 0 : 1;
    if (IsOneOf(name, kCiphers)) next_.shown = 0;
  }

  void Bracket(char c) {
    if (c == '(') {
      if (next_.shown == kNowhere && !calls_.empty() && calls_.back().shown != kNowhere) next_.shown = 0;
      calls_.push_back(next_);
      next_ = {};
    } else if (c == ')' && !calls_.empty()) {
      calls_.pop_back();
    } else if (c == ';') {
      identified_ = false;
    }
  }

  bool InCall() const { return !calls_.empty() && calls_.back().shown != kNowhere; }

  /// A string whose place decides whether it is shown.
  void String() {
    if (identified_ || calls_.back().strings++ >= calls_.back().shown) return HideString();
    const size_t end = StringEnd();
    Copy(1);
    out_ += Redacted(text_.substr(at_, end - at_));
    at_ = end;
    Copy(at_ < text_.size() ? 1 : 0);
  }

  /// Where the string at the cursor ends, doubled quotes and all; the end of the text where a message was cut.
  size_t StringEnd() const {
    const char quote = text_[at_];
    size_t end = at_ + 1;
    while (end < text_.size() && (text_[end] != quote || text_.substr(end + 1, 1) == text_.substr(at_, 1))) {
      end += text_[end] == '\\' || text_[end] == quote ? 2 : 1;
    }
    return std::min(end, text_.size());
  }

  void HideString() {
    const size_t end = StringEnd();
    Copy(1);
    Hide(end - at_);
    Copy(at_ < text_.size() ? 1 : 0);
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string out_;
  std::vector<Call> calls_;
  Call next_;
  bool identified_ = false;
};

}  // namespace

std::string Redacted(std::string_view text) {
  return Redactor(text).Run();
}

}  // namespace chimera
