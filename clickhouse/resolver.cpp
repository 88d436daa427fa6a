#include "clickhouse/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace chimera::clickhouse {
namespace {

/// The resolver's code, 0 when `addresses` were filled.
int CallSystem(const std::string& host, int port, int flags, std::vector<Address>& addresses) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return code;
  for (auto* at = found; at != nullptr; at = at->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  freeaddrinfo(found);
  return 0;
}

Exchange Unresolved(int code) {
  bool silent = code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY;
  return Failed(silent ? Failure::kNameTimeout : Failure::kNameUnknown, gai_strerror(code));
}

}  // namespace

std::string Address::Text() const {
  char text[INET6_ADDRSTRLEN] = "";
  const void* at = bytes.ss_family == AF_INET6
                       ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(bytes).sin6_addr)
                       : static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(bytes).sin_addr);
  inet_ntop(bytes.ss_family, at, text, sizeof(text));
  return text;
}

Resolver::Resolver(Ask ask) : ask_(std::move(ask)) {}

int Resolver::AskSystem(const std::string& host, int port, std::vector<Address>& addresses) {
  return CallSystem(host, port, 0, addresses);
}

struct Resolver::Lookup {
  Lookup(std::string name, int number, Resolver::Ask how) : host(std::move(name)), port(number), ask(std::move(how)) {}

  void Run() {
    std::vector<Address> found;
    int result = ask(host, port, found);
    std::lock_guard lock(mutex);
    addresses = std::move(found);
    code = result;
    done = true;
    changed.notify_all();
  }

  bool IsDone() {
    std::lock_guard lock(mutex);
    return done;
  }

  const std::string host;
  const int port;
  const Resolver::Ask ask;
  std::mutex mutex;  ///< guards what follows
  std::condition_variable_any changed;
  bool done = false;
  int code = 0;
  std::vector<Address> addresses;
};

std::shared_ptr<Resolver::Lookup> Resolver::Join(const std::string& host, int port) {
  std::lock_guard lock(mutex_);
  if (current_ && current_->host == host && current_->port == port && !current_->IsDone()) return current_;
  auto lookup = std::make_shared<Lookup>(host, port, ask_);
  try {
    // Detached, as it may outlive everybody who waits for it; it owns all that it touches.
    std::thread([lookup] { lookup->Run(); }).detach();
  } catch (const std::system_error&) {  // no thread can be made
    return nullptr;
  }
  return current_ = lookup;
}

Attempt<std::vector<Address>> Resolver::Resolve(const std::string& host, int port, const Patience& patience,
                                                Deadline until) {
  std::vector<Address> numeric;
  if (CallSystem(host, port, AI_NUMERICHOST, numeric) == 0) return numeric;
  auto lookup = Join(host, port);
  if (!lookup) return Unresolved(EAI_AGAIN);
  const RequestContext& context = patience.Context();
  auto end = Deadline::Clock::now() + until.Earlier(context.deadline).Remaining();
  std::unique_lock lock(lookup->mutex);
  bool done = lookup->changed.wait_until(lock, context.stop, end, [&] { return lookup->done; });
  if (!done && patience.Over()) return Exchange{.outcome = *patience.Over()};
  if (!done) return Unresolved(EAI_AGAIN);
  if (lookup->code != 0) return Unresolved(lookup->code);
  return lookup->addresses;
}

}  // namespace chimera::clickhouse
