// Lines as a client sends them over stdio, one session for all: parser, eras, methods, cancellation, batches. `$STATE`
// and `$TASK` in them stand for the last requestState and taskId that the server gave out.
#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "mcp/exchange.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_catalogs.h"

namespace {

using namespace chimera;

class CheckedOutlet : public mcp::Outlet {
 public:
  void Send(std::string message) override { fuzz::RequireMessage(message); }
};

/// What a client gives back as it got it.
struct Given {
  std::string_view mark;
  std::string_view member;
  std::string last = {};
};

class Client {
 public:
  explicit Client(mcp::Server& server) : server_(server) { session_.SetOutlet(std::make_shared<CheckedOutlet>()); }
  ~Client() {
    for (const std::string& farewell : session_.CloseOpen()) fuzz::RequireMessage(farewell);
    session_.End();
  }

  void Send(std::string line) {
    for (const Given& given : given_) {
      if (const size_t at = line.find(given.mark); at != line.npos) line.replace(at, given.mark.size(), given.last);
    }
    mcp::Incoming incoming = mcp::ParseIncoming(line);
    fuzz::Require(incoming.batch || incoming.messages.size() == 1, "what is no batch is one message", line);
    mcp::Admit(session_, incoming);
    const auto reply = mcp::Answer(server_, session_, incoming, session_.SessionOutlet());
    if (reply) Note(reply->text);
  }

 private:
  void Note(const std::string& reply) {
    fuzz::RequireMessage(reply);
    for (Given& given : given_) {
      const size_t at = reply.find(given.member);
      if (at == reply.npos) continue;
      const size_t begin = at + given.member.size();
      given.last = reply.substr(begin, reply.find('"', begin) - begin);
    }
  }

  mcp::Server& server_;
  mcp::Session session_;
  std::array<Given, 2> given_ = {Given{"$STATE", R"("requestState":")"}, Given{"$TASK", R"("taskId":")"}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzedServer server;
  Client client(server.Get());
  std::string_view rest = fuzz::TextOf(data, size);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    client.Send(std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  server.Get().Changes().ToolsChanged();
  return 0;
}
