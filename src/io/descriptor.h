#pragma once

#include <unistd.h>

#include <utility>

namespace dbstow::io {

/// A file descriptor that is closed when it goes. Not for a database's file that SQLite has open in
/// this process: closing a second descriptor drops its locks.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    other.Close();
    return *this;
  }
  ~Descriptor() { Close(); }

  // Linux releases the descriptor even when close is interrupted: never call it twice.
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace dbstow::io
