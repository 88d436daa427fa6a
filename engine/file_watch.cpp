#include "engine/file_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>

namespace chimera::engine {
namespace {

constexpr std::chrono::seconds kInterval{1};

}  // namespace

FileMark::FileMark(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

bool FileMark::StillThere() const {
  struct stat status {};
  return stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

FileWatch::FileWatch(std::vector<FileMark> files, std::function<void(const std::string&)> gone)
    : thread_([this, files = std::move(files), gone = std::move(gone)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!never_.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) {
          const auto lost = std::ranges::find_if(files, [](const FileMark& file) { return !file.StillThere(); });
          if (lost != files.end()) return gone(lost->Path());
        }
      }) {}

}  // namespace chimera::engine
