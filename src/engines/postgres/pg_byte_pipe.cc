#include "engines/postgres/pg_byte_pipe.h"

#include <algorithm>

namespace dbstow::postgres {
namespace {

// COPY gives a message per row; handing over each would cost more than copying it.
constexpr std::size_t kChunk = 128u << 10;
constexpr std::size_t kMaxChunks = 16;

}  // namespace

Result<void> BytePipe::Write(ByteView bytes) {
  filling_.insert(filling_.end(), bytes.begin(), bytes.end());
  if (filling_.size() < kChunk) return {};
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return abandoned_ || ready_.size() < kMaxChunks; });
  if (abandoned_) return Error(ErrorCode::kCancelled, "the reader of a copy has gone");
  Push(lock);
  return {};
}

void BytePipe::Push(std::unique_lock<std::mutex>&) {
  if (!filling_.empty()) ready_.push_back(std::exchange(filling_, Bytes()));
  filling_.reserve(kChunk + kChunk / 2);
  changed_.notify_all();
}

void BytePipe::End(Result<void> outcome) {
  std::unique_lock lock(mutex_);
  Push(lock);
  outcome_ = std::move(outcome);
}

Result<std::size_t> BytePipe::Read(MutableByteView out) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || outcome_; });
  if (ready_.empty()) {
    if (!*outcome_) return outcome_->error();
    return std::size_t{0};
  }
  Bytes& first = ready_.front();
  const std::size_t count = std::min(out.size(), first.size() - read_of_first_);
  std::copy_n(first.begin() + static_cast<std::ptrdiff_t>(read_of_first_), count, out.begin());
  read_of_first_ += count;
  if (read_of_first_ == first.size()) {
    ready_.pop_front();
    read_of_first_ = 0;
    changed_.notify_all();
  }
  return count;
}

void BytePipe::Abandon() {
  const std::scoped_lock lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

}  // namespace dbstow::postgres
