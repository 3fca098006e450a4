#pragma once

#include <cstddef>
#include <cstdint>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"
#include "dbstow/core/secret.h"

namespace dbstow::io {

/// What one guess of a passphrase costs. The defaults are the second choice of RFC 9106, section 4:
/// 64 MiB, filled by as many threads as there are lanes: about 0.2 s on two cores.
struct KdfCost {
  std::uint32_t memory_kib = 64 * 1024;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 4;

  /// The least that Argon2 accepts; for tests only.
  [[nodiscard]] static KdfCost Cheapest() { return {8, 1, 1}; }
};

/// InvalidOptions for a cost outside of 8 KiB a lane to 2 GiB, 1 to 16 lanes and 1 to 64 passes
/// that fill at most 4 GiB together: twice the most that RFC 9106 recommends. A hostile key slot
/// must exhaust neither memory nor patience.
[[nodiscard]] Result<void> CheckKdfCost(const KdfCost& cost);

inline constexpr std::size_t kLeastKdfSalt = 8;

/// Argon2id (RFC 9106) of a passphrase. `salt` has at least `kLeastKdfSalt` bytes. Errors:
/// InvalidOptions as `CheckKdfCost`, OutOfSpace when the memory cannot be had. Does with one thread
/// where there are no more.
[[nodiscard]] Result<Bytes> DerivePassphraseKey(const SecretString& passphrase, ByteView salt,
                                                const KdfCost& cost);

}  // namespace dbstow::io
