#pragma once

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

/// Argon2id (RFC 9106) of a passphrase. `salt` has at least 8 bytes. Errors: InvalidOptions for a
/// cost outside of 8 KiB to 4 GiB and 1 to 64 passes and lanes (a hostile key slot must not
/// exhaust memory), OutOfSpace when the memory cannot be had.
[[nodiscard]] Result<Bytes> DerivePassphraseKey(const SecretString& passphrase, ByteView salt,
                                                const KdfCost& cost);

}  // namespace dbstow::io
