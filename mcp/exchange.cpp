#include "mcp/exchange.h"

#include <algorithm>
#include <functional>

#include "mcp/era.h"

namespace chimera::mcp {
namespace {

using AnswerOne = std::function<std::optional<Reply>(const Message&)>;

void AdmitOne(Session& session, bool batch, ParsedMessage& parsed) {
  if (parsed.error || parsed.message.kind != MessageKind::kRequest) return;
  if (batch && (parsed.message.method == "initialize" || IsStateless(RequestedVersion(parsed.message)))) {
    parsed.error = ProtocolError{kInvalidRequest, "initialize and stateless requests must not be part of a batch", {}};
  } else if (!session.Register(parsed.message.id)) {
    parsed.error = ProtocolError{kInvalidRequest, "a request with this id is still in flight; ids must be unique", {}};
  }
}

bool TakesBatches(const Session& session) {
  const Era* era = FindEra(session.ProtocolVersion());
  return era != nullptr && era->batches;
}

/// Collects the replies to `incoming`; messages with an error of their own do not reach `answer`.
std::optional<Reply> Collect(const Incoming& incoming, const AnswerOne& answer) {
  std::optional<Reply> all;
  for (const ParsedMessage& parsed : incoming.messages) {
    std::optional<Reply> one;
    if (parsed.error) {
      one = Reply{ErrorReply(parsed.message.id, *parsed.error), parsed.error->code, parsed.error->http_status};
    } else {
      one = answer(parsed.message);
    }
    if (!incoming.batch) return one;
    if (one) all = Reply{(all ? all->text + "," : "[") + one->text, 0};
  }
  if (all) all->text += "]";
  return all;
}

}  // namespace

void Admit(Session& session, Incoming& incoming) {
  if (incoming.batch && !TakesBatches(session)) {
    const char* why = "batches exist in protocol version 2025-03-26 only; send one message at a time";
    incoming = {false, {{{}, ProtocolError{kInvalidRequest, why, {}}}}};
  }
  for (ParsedMessage& parsed : incoming.messages) AdmitOne(session, incoming.batch, parsed);
}

bool Waits(const Server& server, const Incoming& incoming) {
  const auto waits = [&](const ParsedMessage& parsed) { return !parsed.error && server.Waits(parsed.message); };
  return std::any_of(incoming.messages.begin(), incoming.messages.end(), waits);
}

std::optional<Reply> Answer(Server& server, Session& session, const Incoming& incoming,
                            std::shared_ptr<Outlet> outlet) {
  return Collect(incoming, [&](const Message& message) { return server.Handle(session, message, outlet); });
}

std::optional<Reply> Refuse(Session& session, const Incoming& incoming, const ProtocolError& error) {
  return Collect(incoming, [&](const Message& message) -> std::optional<Reply> {
    if (message.kind != MessageKind::kRequest) return std::nullopt;
    session.Unregister(message.id);
    return Reply{ErrorReply(message.id, error), error.code};
  });
}

}  // namespace chimera::mcp
