// The headers that decide who may do what: Authorization, Host, Origin, Accept, Content-Type, the mirrored ones, and
// the address that a request comes from. An input is lines `Name: value`; `method`, `path`, `address`, `allowed` and
// `in-url` stand for what is no header.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "auth/address_ranges.h"
#include "base/text.h"
#include "mcp/header_check.h"
#include "mcp/http_authorization.h"
#include "mcp/http_gate.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

constexpr std::string_view kToken = "chimera_token";

struct Lines {
  mcp::RequestHead head{.method = "POST", .path = "/mcp", .host = {}, .origin = {}, .content_type = {}, .accept = {}};
  mcp::Presented presented;
  std::string address;
  std::vector<std::string> allowed;
};

/// A header's name as it is compared, and where its value goes.
void Read(std::string_view line, Lines& lines) {
  const size_t colon = std::min(line.find(':'), line.size());
  const std::string name = ToLower(Trim(line.substr(0, colon)));
  const std::string value(Trim(line.substr(std::min(colon + 1, line.size()))));
  const std::pair<const char*, std::string&> single[] = {
      {"method", lines.head.method}, {"path", lines.head.path},
      {"host", lines.head.host},     {"origin", lines.head.origin},
      {"accept", lines.head.accept}, {"content-type", lines.head.content_type},
      {"address", lines.address},    {"mcp-protocol-version", lines.head.version}};
  for (const auto& [known, target] : single) {
    if (name == known) target = value;
  }
  if (name == "authorization") lines.presented.headers.push_back(value);
  if (name == "allowed") lines.allowed.push_back(value);
  if (name == "in-url") lines.presented.token_in_url = true;
  mcp::DecodeHeader(value);
}

Lines ReadLines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    Read(text.substr(0, end), lines);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  lines.presented.host = lines.head.host;
  return lines;
}

/// A token file that is not there any more once it was read would let nobody in; this one stays until the end.
class OneToken {
 public:
  OneToken() {
    const int file = mkstemp(path_.data());
    const std::string line = *auth::TokenLine("ana", kToken, "read") + "\n";
    fuzz::Require(write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()), "a file can be written");
    close(file);
    auto tokens = auth::TokenFile::Open(path_);
    fuzz::Require(tokens.ok(), "the target's own token file is read");
    authorizer_ = std::make_unique<auth::Authorizer>(auth::Credentials{std::move(*tokens), nullptr});
  }
  ~OneToken() { unlink(path_.c_str()); }
  OneToken(const OneToken&) = delete;
  OneToken& operator=(const OneToken&) = delete;

  auth::Authorizer& Authorizer() { return *authorizer_; }

 private:
  std::string path_ = "/tmp/chimera-headers-fuzz-XXXXXX";
  std::unique_ptr<auth::Authorizer> authorizer_;
};

void CheckAuthorization(const mcp::Presented& presented, std::string_view text) {
  static OneToken token;
  static const mcp::HttpAuthorization authorization({.authorizer = &token.Authorizer(), .issuer = "https://idp"},
                                                    "/mcp", false);
  const auto verdict = authorization.Check(presented);
  if (const auto* challenge = std::get_if<mcp::Challenge>(&verdict)) {
    fuzz::Require(challenge->status == 400 || challenge->status == 401, "a refusal has its status", text);
    const std::string& header = challenge->authenticate;
    fuzz::Require(header.starts_with("Bearer ") && std::count(header.begin(), header.end(), '"') % 2 == 0,
                  "a challenge can be read", text);
    const bool plain = std::all_of(header.begin(), header.end(), [](unsigned char c) { return c >= ' ' && c < 0x7F; });
    const bool in_host = presented.host.find('_') != std::string::npos;  // the token could be its name
    return fuzz::Require(plain && (in_host || header.find(kToken) == header.npos), "and sends no token back", text);
  }
  const bool alone = presented.headers.size() == 1 && !presented.token_in_url;
  fuzz::Require(alone && presented.headers.front().ends_with(kToken), "nobody gets in without the token", text);
}

void CheckGate(const mcp::RequestHead& head, std::string_view text) {
  static const mcp::HttpGate gate(
      {.bound_host = "localhost", .allowed_hosts = {"db.example", "[2001:db8::1]:80"}, .allowed_origins = {}});
  const auto refusal = gate.Check(head);
  const auto host = mcp::HostOf(head.host);
  fuzz::Require(refusal || host, "a Host that cannot be read is refused", text);
  if (host) fuzz::Require(head.host.find(*host) != head.host.npos, "a host is a part of its header", text);
  for (const bool any_host : {false, true}) gate.CheckPage(head, any_host);
  mcp::TakesEvents(head.accept);
}

void CheckAddress(const Lines& lines, std::string_view text) {
  const auto ranges = auth::AddressRanges::Parse(lines.allowed);
  if (!ranges) return fuzz::Require(!ranges.error().message.empty(), "a refusal says why", text);
  const bool contained = ranges->Contain(lines.address);
  fuzz::Require(!contained || !ranges->Empty(), "no range contains nothing", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::TextOf(data, size);
  const Lines lines = ReadLines(text);
  CheckAuthorization(lines.presented, text);
  CheckGate(lines.head, text);
  CheckAddress(lines, text);
  return 0;
}
