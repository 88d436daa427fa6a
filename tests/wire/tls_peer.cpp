#include "wire/tls_peer.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace chimera::testing {
namespace {

/// OpenSSL's own sockets raise it; only for these threads, so that the client under test is not spared.
void BlockBrokenPipes() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SSL_CTX* MakeContext(const TlsPeerOptions& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (options.max_version < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, options.min_version);
  SSL_CTX_set_max_proto_version(context, options.max_version);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("t"), 1);
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options.certificate.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("the test's certificate cannot be used");
  }
  if (!options.client_authority.empty()) {
    SSL_CTX_load_verify_file(context, options.client_authority.c_str());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

TlsPeer::TlsPeer(TlsPeerOptions options) : options_(std::move(options)), context_(MakeContext(options_)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on the loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

TlsPeer::~TlsPeer() {
  stopping_ = true;
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  for (int fd : open_) close(fd);
  close(listener_);
  SSL_CTX_free(context_);
}

void TlsPeer::Accept() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, 10) <= 0) continue;
    int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void TlsPeer::Serve(int fd) {
  BlockBrokenPipes();
  SSL* ssl = SSL_new(context_);
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (SSL_session_reused(ssl) == 1) ++resumed_;
    {
      std::lock_guard lock(mutex_);
      names_.emplace_back(name == nullptr ? "" : name);
    }
    ++connections_;
    std::string buffer;
    while (Answer(ssl, buffer)) {
    }
    SSL_shutdown(ssl);
  }
  shutdown(fd, SHUT_RDWR);
  ERR_clear_error();
  SSL_free(ssl);
}

/// Reads one request and answers it; false when the connection is to end.
bool TlsPeer::Answer(SSL* ssl, std::string& buffer) {
  auto read_more = [&] {
    char piece[16384];
    int count = SSL_read(ssl, piece, sizeof(piece));
    if (count > 0) buffer.append(piece, static_cast<size_t>(count));
    return count > 0;
  };
  size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return false;
  }
  auto length = buffer.find("Content-Length: ");
  size_t body = length < end ? std::stoul(buffer.substr(length + 16)) : 0;
  while (buffer.size() < end + 4 + body) {
    if (!read_more()) return false;
  }
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(buffer.substr(0, end + 2));
  }
  buffer.erase(0, end + 4 + body);
  bool sent = SSL_write(ssl, options_.reply.data(), static_cast<int>(options_.reply.size())) > 0;
  return sent && !options_.close_after_reply;
}

std::vector<std::string> TlsPeer::Names() const {
  std::lock_guard lock(mutex_);
  return names_;
}

std::vector<std::string> TlsPeer::Requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace chimera::testing
