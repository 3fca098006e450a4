#pragma once

#include <functional>
#include <string>

#include "dbstow/core/backup_store.h"

namespace dbstow::postgres {

using ByteConsumer = std::function<Result<void>(ByteView)>;

/// The rows of a table from several COPY streams, as one. Call `Add` for each stream in order, then
/// `Finish`. Nothing is written by destruction.
class CopyConcatenation {
 public:
  enum class Format { kText, kBinary };
  CopyConcatenation(Format format, ByteConsumer write)
      : format_(format), write_(std::move(write)) {}

  /// Reads the stream to its end. Errors: Corrupt for a binary stream without header or trailer;
  /// those of the source and the consumer.
  [[nodiscard]] Result<void> Add(StreamSource& source);
  /// Writes what ends the rows: `\.` in text, the trailer in binary.
  [[nodiscard]] Result<void> Finish();

 private:
  Result<void> AddText(StreamSource& source);
  Result<void> AddBinary(StreamSource& source);
  Result<void> StripHeader(std::string& head);

  Format format_;
  ByteConsumer write_;
  bool header_written_ = false;
};

}  // namespace dbstow::postgres
