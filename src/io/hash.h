#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"

namespace dbstow::io {

using Sha256Digest = std::array<std::byte, 32>;

/// SHA-256 of bytes that come in pieces. Not thread-safe. `Finish` is called once, at the end.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void Update(ByteView bytes);
  [[nodiscard]] Sha256Digest Finish();

  [[nodiscard]] static Sha256Digest Of(ByteView bytes);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

using PageHash = std::array<std::byte, 16>;

/// Keyed 128-bit hash that tells whether a page is still what it was at the same place. It is GMAC
/// (AES-256-GCM over additional data only) with a fixed nonce under a key used for nothing else:
/// for two different pages that were chosen without knowing the key, the chance of equal hashes is
/// below 2^-111 for pages up to 1 MiB, whatever the pages are (Carter-Wegman; NIST SP 800-38D).
/// That holds only while nobody sees a hash: they are stored encrypted and never shown. Several
/// times as fast as SHA-256. Not thread-safe; one per thread.
class PageHasher {
 public:
  /// `key` has 32 bytes.
  explicit PageHasher(ByteView key);
  PageHasher(PageHasher&&) noexcept;
  PageHasher& operator=(PageHasher&&) noexcept;
  ~PageHasher();
  [[nodiscard]] PageHash Hash(ByteView page);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Lower-case hexadecimal.
[[nodiscard]] std::string ToHex(ByteView bytes);
/// Errors: InvalidOptions.
[[nodiscard]] Result<Bytes> FromHex(std::string_view text);

}  // namespace dbstow::io
