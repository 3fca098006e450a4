#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"

namespace dbstow::io {

using Key256 = std::array<std::byte, 32>;

/// AES-256-GCM under one key, with nonces that are counters: the caller never uses one twice for
/// sealing. Setting a key again is cheap. Not thread-safe.
class Aead {
 public:
  static constexpr std::size_t kTagBytes = 16;

  explicit Aead(const Key256& key);
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  ~Aead();

  void SetKey(const Key256& key);
  /// `out` has `plain.size() + kTagBytes` bytes and may not overlap `plain`.
  void Seal(std::uint64_t nonce, ByteView associated, ByteView plain, MutableByteView out);
  /// `out` has `sealed.size() - kTagBytes` bytes. Errors: Corrupt; `out` is then garbage.
  [[nodiscard]] Result<void> Open(std::uint64_t nonce, ByteView associated, ByteView sealed,
                                  MutableByteView out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// HKDF-SHA-256 (RFC 5869): a key for one purpose out of a strong one.
[[nodiscard]] Key256 Hkdf(ByteView key, ByteView salt, std::string_view purpose);

}  // namespace dbstow::io
