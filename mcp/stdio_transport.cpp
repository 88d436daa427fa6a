#include "mcp/stdio_transport.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/log.h"
#include "mcp/exchange.h"
#include "mcp/line_framer.h"
#include "mcp/line_output.h"
#include "mcp/work_queue.h"

namespace chimera::mcp {
namespace {

constexpr size_t kReadBytes = 64u << 10;
constexpr size_t kJobOverheadBytes = 4096;  // what a waiting request costs besides its text
constexpr std::chrono::milliseconds kTick{100};

const ProtocolError kStopped = {kServerBusy, "the server stopped before this was done; try again"};

/// Threads started while it lives do not get SIGPIPE.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~SigpipeBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// Ends a poll from another thread.
class WakeUp {
 public:
  WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~WakeUp() { ::close(fd_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  void Signal() const { ::eventfd_write(fd_, 1); }
  int Fd() const { return fd_; }

 private:
  const int fd_;
};

/// Lines in the order in which they were given, written by a thread of its own: neither the reader nor who announces a
/// change must wait for a client that does not read.
class QueuedOutput : public Outlet {
 public:
  QueuedOutput(std::shared_ptr<LineOutput> output, size_t max_waiting_bytes)
      : output_(std::move(output)), queue_(1, max_waiting_bytes) {}

  void Send(std::string message) override {
    if (Queue(std::make_shared<std::string>(std::move(message)))) return;
    log::Warning("a message was dropped: the client asks without reading its answers");
  }
  /// As Send, but waits for the client when too much is queued already.
  void SendPatiently(std::string message) {
    const auto line = std::make_shared<std::string>(std::move(message));
    if (!Queue(line)) output_->Write(std::move(*line));
  }
  void Close() override { closed_ = true; }
  bool WaitIdle(Deadline deadline) { return queue_.WaitIdle(deadline); }

 private:
  bool Queue(const std::shared_ptr<std::string>& line) {
    if (closed_) return true;
    return queue_.Add(line->size() + kJobOverheadBytes, [this, line] { output_->Write(std::move(*line)); });
  }

  const std::shared_ptr<LineOutput> output_;
  std::atomic<bool> closed_ = false;
  WorkQueue queue_;  // last: its jobs use the rest
};

class Connection {
 public:
  Connection(Server& server, const StdioOptions& options, std::stop_token stop)
      : server_(server),
        options_(options),
        stop_(std::move(stop)),
        framer_(options.max_message_bytes),
        output_(std::make_shared<LineOutput>(options.output, [this] { wake_.Signal(); })),
        lines_(std::make_shared<QueuedOutput>(output_, options.max_waiting_bytes)),
        work_(options.workers, options.max_waiting_bytes) {}

  bool Serve() {
    session_.SetOutlet(lines_);
    const std::stop_callback wake_on_stop(stop_, [this] { wake_.Signal(); });
    Read();
    while (!stop_.stop_requested() && !AwaitReplies(Deadline::After(kTick)))
      ;
    if (options_.on_ending) options_.on_ending();
    AwaitReplies(Deadline::After(options_.drain));
    for (std::string& farewell : session_.CloseOpen()) lines_->Send(std::move(farewell));
    over_ = true;
    session_.CancelAll();
    AwaitReplies(Deadline::After(options_.farewell));
    output_->GiveUp();
    lines_->Close();
    return !output_->Failed();
  }

 private:
  bool Ending() const { return stop_.stop_requested() || output_->Failed(); }

  void Read() {
    std::array<char, kReadBytes> bytes;
    while (WaitForInput()) {
      const ssize_t n = ::read(options_.input, bytes.data(), bytes.size());
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n <= 0) break;
      framer_.Feed({bytes.data(), static_cast<size_t>(n)});
      while (auto line = framer_.Next()) Take(std::move(*line));
    }
    if (auto line = framer_.Rest(); line && !Ending()) Take(std::move(*line));
  }

  /// False when there is nothing more to read for.
  bool WaitForInput() const {
    std::array<pollfd, 2> fds = {pollfd{options_.input, POLLIN, 0}, pollfd{wake_.Fd(), POLLIN, 0}};
    while (!Ending()) {
      const int ready = ::poll(fds.data(), fds.size(), -1);
      if (ready < 0 && errno != EINTR) return false;
      if (ready > 0 && fds[0].revents != 0 && !Ending()) return true;
    }
    return false;
  }

  void Take(LineFramer::Line line) {
    if (line.too_long) {
      const std::string limit = std::to_string(options_.max_message_bytes);
      return Send(Reply{ErrorReply(nullptr, {kInvalidRequest, "a message may take " + limit + " bytes", {}}), 0});
    }
    auto incoming = std::make_shared<Incoming>(ParseIncoming(line.text));
    Admit(session_, *incoming);
    if (!Waits(server_, *incoming)) return Send(Answer(server_, session_, *incoming, lines_));
    const auto job = [this, incoming] {
      auto reply = Answer(server_, session_, *incoming, lines_);
      if (!reply && over_) reply = Refuse(session_, *incoming, kStopped);
      if (reply) lines_->SendPatiently(std::move(reply->text));
    };
    if (work_.Add(line.text.size() + kJobOverheadBytes, job)) return;
    Send(Refuse(session_, *incoming, {kServerBusy, "too many requests are waiting; try again when some are done", {}}));
  }

  /// Replies that are ready go out on a thread of their own: the reader must not wait for a client that does not read.
  void Send(std::optional<Reply> reply) {
    if (!reply) return;
    lines_->Send(std::move(reply->text));
  }

  /// True when nothing is worked on any more and all is written, or nobody reads.
  bool AwaitReplies(Deadline deadline) {
    while (!output_->Failed() && !output_->ReaderGone()) {
      const Deadline tick = Deadline::After(kTick).Earlier(deadline);
      if (work_.WaitIdle(tick) && lines_->WaitIdle(tick)) return true;
      if (deadline.Expired()) return false;
    }
    return true;
  }

  Server& server_;
  const StdioOptions options_;
  const std::stop_token stop_;
  const WakeUp wake_;
  Session session_;
  std::atomic<bool> over_ = false;  // what has no answer yet was cancelled by this side
  LineFramer framer_;
  const std::shared_ptr<LineOutput> output_;
  const std::shared_ptr<QueuedOutput> lines_;
  WorkQueue work_;  // last: its jobs use the rest
};

}  // namespace

bool ServeStdio(Server& server, const StdioOptions& options, std::stop_token stop) {
  const SigpipeBlocked blocked;
  Connection connection(server, options, std::move(stop));
  return connection.Serve();
}

}  // namespace chimera::mcp
