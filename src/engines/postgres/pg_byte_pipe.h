#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "dbstow/core/backup_store.h"

namespace dbstow::postgres {

/// Bytes from one thread to another, with a bound on what is under way. One writer, one reader.
class BytePipe {
 public:
  /// Waits while the pipe is full. Errors: Cancelled once the reader has gone.
  [[nodiscard]] Result<void> Write(ByteView bytes);
  /// Nothing more comes; an error is what the reader gets after the bytes before it.
  void End(Result<void> outcome);
  /// Waits for bytes; 0 at the end. Errors: what `End` was given.
  [[nodiscard]] Result<std::size_t> Read(MutableByteView out);
  /// The reader has gone: writing fails from now on.
  void Abandon();

 private:
  void Push(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  Bytes filling_;  // the writer's own, until it is big enough to hand over
  std::deque<Bytes> ready_;
  std::size_t read_of_first_ = 0;
  std::optional<Result<void>> outcome_;
  bool abandoned_ = false;
};

/// The writing end, as a sink.
class PipeSink final : public StreamSink {
 public:
  explicit PipeSink(BytePipe& pipe) : pipe_(pipe) {}
  Result<void> Write(ByteView bytes) override {
    written_ += bytes.size();
    return pipe_.Write(bytes);
  }
  Result<ItemSummary> Finish() override { return ItemSummary{written_, 0, 0}; }

 private:
  BytePipe& pipe_;
  std::uint64_t written_ = 0;
};

}  // namespace dbstow::postgres
