#include "io/compression.h"

#include <zstd.h>
#include <zstd_errors.h>

namespace dbstow::io {
namespace {

Error NoMemory() { return Error(ErrorCode::kOutOfSpace, "no memory for a zstd context"); }

}  // namespace

struct Compressor::Context {
  ZSTD_CCtx* zstd = nullptr;  // made when it is first needed
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { ZSTD_freeCCtx(zstd); }
};

Compressor::Compressor() : context_(std::make_unique<Context>()) {}
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

std::size_t Compressor::Bound(std::size_t size) { return ZSTD_compressBound(size); }

Result<std::size_t> Compressor::Compress(ByteView plain, int level, MutableByteView out) {
  if (context_->zstd == nullptr) context_->zstd = ZSTD_createCCtx();
  if (context_->zstd == nullptr) return NoMemory();
  const std::size_t written =
      ZSTD_compressCCtx(context_->zstd, out.data(), out.size(), plain.data(), plain.size(), level);
  if (ZSTD_isError(written) == 0) return written;
  const bool memory = ZSTD_getErrorCode(written) == ZSTD_error_memory_allocation;
  return Error(
      memory ? ErrorCode::kOutOfSpace : ErrorCode::kInternal,
      "cannot compress " + std::to_string(plain.size()) + " bytes: " + ZSTD_getErrorName(written));
}

struct Decompressor::Context {
  ZSTD_DCtx* zstd = nullptr;  // made when it is first needed
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { ZSTD_freeDCtx(zstd); }
};

Decompressor::Decompressor() : context_(std::make_unique<Context>()) {}
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

Result<void> Decompressor::Decompress(ByteView compressed, MutableByteView out) {
  if (context_->zstd == nullptr) context_->zstd = ZSTD_createDCtx();
  if (context_->zstd == nullptr) return NoMemory();
  const std::size_t written = ZSTD_decompressDCtx(context_->zstd, out.data(), out.size(),
                                                  compressed.data(), compressed.size());
  if (ZSTD_isError(written) != 0) {
    return Error(ErrorCode::kCorrupt,
                 std::string("compressed data is damaged: ") + ZSTD_getErrorName(written));
  }
  if (written != out.size()) {
    return Error(ErrorCode::kCorrupt, "compressed data holds " + std::to_string(written) +
                                          " bytes, not " + std::to_string(out.size()));
  }
  return {};
}

}  // namespace dbstow::io
