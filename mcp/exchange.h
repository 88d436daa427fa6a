// What every transport does with a text from a client, whichever way it came: take its messages apart, make its
// requests cancellable while they wait, answer them. Two steps, because reading must not wait for work.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mcp/message.h"
#include "mcp/outlet.h"
#include "mcp/server.h"
#include "mcp/session.h"

namespace chimera::mcp {

/// Step one, on the reading side, in the order of reading: registers the requests with `session`. A request whose id is
/// in flight already, and a batch where the session's version has none, turn into errors.
void Admit(Session& session, Incoming& incoming);

/// True when Answer may block on a tool.
bool Waits(const Server& server, const Incoming& incoming);

/// Step two: works on what was admitted and returns the reply (for a batch, the array of replies), or nothing. The
/// code is that of a single message's error. Messages that belong to the requests go to `outlet` before that.
std::optional<Reply> Answer(Server& server, Session& session, const Incoming& incoming,
                            std::shared_ptr<Outlet> outlet = nullptr);

/// Instead of step two: every admitted request is answered with `error`.
std::optional<Reply> Refuse(Session& session, const Incoming& incoming, const ProtocolError& error);

}  // namespace chimera::mcp
