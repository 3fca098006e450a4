#pragma once

#include <memory>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"

namespace dbstow::io {

/// zstd with a context that is used again and again. Not thread-safe; one per thread.
class Compressor {
 public:
  Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;
  ~Compressor();
  /// The most that `size` bytes can become.
  [[nodiscard]] static std::size_t Bound(std::size_t size);
  /// Returns the bytes written to `out`, which has at least `Bound(plain.size())`. `level`: 1 to
  /// 19, negative for faster and larger. Errors: Internal, OutOfSpace (memory).
  [[nodiscard]] Result<std::size_t> Compress(ByteView plain, int level, MutableByteView out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

class Decompressor {
 public:
  Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;
  ~Decompressor();
  /// Fills `out` to its last byte. Errors: Corrupt.
  [[nodiscard]] Result<void> Decompress(ByteView compressed, MutableByteView out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace dbstow::io
