// Requests as the HTTP library hands them over, without the library: the gate, then the endpoint, with a stream's
// events read as far as there are any. An input is a list of requests with a line `---` between them, each a line with
// method and path, headers, an empty line and the body. `$SESSION` and `$EVENT` in a header's value stand for the last
// session's id and the last event's.
#include <map>
#include <memory>
#include <string>

#include "base/text.h"
#include "mcp/http_endpoint.h"
#include "mcp/http_gate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_catalogs.h"

namespace {

using namespace chimera;

constexpr std::string_view kNextRequest = "\n---\n";

/// What comes before `mark`, which is taken from `text` with it.
std::string_view Take(std::string_view& text, std::string_view mark) {
  const size_t end = text.find(mark);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + mark.size());
  return taken;
}

class Client {
 public:
  void Send(std::string_view request) {
    const mcp::RequestHead head = ReadHead(Take(request, "\n\n"));
    const mcp::HttpGate gate({.bound_host = "localhost", .allowed_hosts = {"db.example"}, .allowed_origins = {"null"}});
    if (const auto refusal = gate.Check(head)) return Note(mcp::HttpError(refusal->status, refusal->message));
    mcp::HttpCall call;
    call.body = request;
    call.header = [this](const char* name) { return Header(name); };
    call.takes_events = mcp::TakesEvents(head.accept);
    call.query_session = Header("sessionId").value_or("");
    call.client = std::make_shared<mcp::ClientLink>();
    mcp::HttpAnswer answer = Ask(head, call);
    Note(answer);
    if (answer.stream) Read(answer);
    call.client->Cut();
    if (answer.stream) endpoint_.ClientLeft(answer);
  }

 private:
  std::string Filled(std::string_view value) const {
    if (value == "$SESSION") return session_;
    return value == "$EVENT" ? event_ : std::string(value);
  }

  mcp::RequestHead ReadHead(std::string_view lines) {
    headers_.clear();
    std::string_view first = Take(lines, "\n");
    mcp::RequestHead head;
    head.method = Take(first, " ");
    head.path = first;
    while (!lines.empty()) {
      std::string_view line = Take(lines, "\n");
      const std::string_view name = Take(line, ":");
      headers_[ToLower(name)] = Filled(Trim(line));
    }
    head.host = Header("Host").value_or("");
    head.origin = Header("Origin").value_or("");
    head.content_type = Header("Content-Type").value_or("");
    head.accept = Header("Accept").value_or("");
    return head;
  }

  std::optional<std::string> Header(const char* name) const {
    const auto found = headers_.find(ToLower(name));
    return found == headers_.end() ? std::nullopt : std::optional(found->second);
  }

  mcp::HttpAnswer Ask(const mcp::RequestHead& head, const mcp::HttpCall& call) {
    if (head.path == "/messages") return endpoint_.PostMessage(call);
    if (head.path == "/sse") return endpoint_.OpenSse(call, "/messages");
    if (head.method == "GET") return endpoint_.Get(call);
    return head.method == "DELETE" ? endpoint_.Delete(call) : endpoint_.Post(call);
  }

  void Note(const mcp::HttpAnswer& answer) {
    fuzz::Require(answer.status >= 200 && answer.status < 600, "an answer has a status");
    fuzz::Require(!answer.stream || answer.body.empty(), "an answer is a body or a stream");
    if (!answer.body.empty()) fuzz::RequireMessage(answer.body);
    if (!answer.session_id.empty()) session_ = answer.session_id;
    if (answer.stream && answer.session) session_ = answer.session->Id();
  }

  void Read(const mcp::HttpAnswer& answer) {
    mcp::EventStream::Reader reader(*answer.stream, answer.after);
    std::string text;
    while (reader.Next(text, std::chrono::milliseconds(0)) == mcp::EventStream::Reader::State::kEvent) NoteEvent(text);
    for (std::string& farewell : answer.session->CloseOpen()) fuzz::RequireMessage(farewell);
  }

  void NoteEvent(std::string_view text) {
    fuzz::Require(text.ends_with("\n\n"), "an event ends with an empty line", text);
    bool is_message = false;
    while (!text.empty()) {
      std::string_view line = Take(text, "\n");
      const std::string_view name = Take(line, ": ");
      if (name == "id") event_ = line;
      if (name == "event") is_message = line == "message";
      if (name == "data" && is_message) fuzz::RequireMessage(line);
    }
  }

  fuzz::FuzzedServer server_;
  mcp::HttpEndpoint endpoint_{server_.Get(), 3, std::chrono::seconds(60), [](const auto& job) {
                                job();
                                return true;
                              }};
  std::map<std::string, std::string> headers_;
  std::string session_;
  std::string event_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Client client;
  std::string_view rest = fuzz::TextOf(data, size);
  while (!rest.empty()) client.Send(Take(rest, kNextRequest));
  return 0;
}
