// Stands between a store and its server, and cuts a connection where it is told to.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chimera::ingest {

class CuttingProxy {
 public:
  /// Listens on the Unix socket `own`, passes everything on to the one at `server`.
  CuttingProxy(std::string own, std::string server);
  ~CuttingProxy();

  /// Behind `after` more answers of the server, the next `count` do not arrive: their connections are closed instead.
  void SwallowAnswers(int count, int after = 0) {
    pass_ = after;
    swallow_ = count;
  }
  int Swallowed() const { return swallowed_; }

 private:
  void Accept();
  void Pass(int client);
  bool Swallow();

  const std::string own_;
  const std::string server_;
  const int listener_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> pass_ = 0;
  std::atomic<int> swallow_ = 0;
  std::atomic<int> swallowed_ = 0;
  std::mutex mutex_;  ///< guards the threads
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

}  // namespace chimera::ingest
