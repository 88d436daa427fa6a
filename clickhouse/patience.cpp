#include "clickhouse/patience.h"

#include <poll.h>
#include <sys/eventfd.h>

namespace chimera::clickhouse {

Patience::Patience(const RequestContext& context) : context_(context) {
  if (!context.stop.stop_possible()) return;
  wake_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  on_cancel_.emplace(context.stop, [this] { eventfd_write(wake_.Number(), 1); });
}

std::optional<Outcome> Patience::Over() const {
  if (context_.Cancelled()) return Outcome::kCancelled;
  if (context_.deadline.Expired()) return Outcome::kExpired;
  return std::nullopt;
}

bool Patience::Await(int socket, short events, Deadline until) const {
  until = until.Earlier(context_.deadline);
  pollfd waiting[] = {{socket, events, 0}, {wake_.Number(), POLLIN, 0}};  // poll ignores negative descriptors
  while (!Over()) {
    int ready = poll(waiting, 2, static_cast<int>(until.Remaining().count()));
    if (ready > 0 && waiting[0].revents != 0) return !Over();
    if (until.Expired()) return false;
  }
  return false;
}

}  // namespace chimera::clickhouse
