#include "io/key_derivation.h"

#include <argon2.h>

namespace dbstow::io {
Result<void> CheckKdfCost(const KdfCost& cost) {
  constexpr std::uint32_t kMostMemoryKib = 2u << 20;
  constexpr std::uint64_t kMostWorkKib = 4u << 20;
  constexpr std::uint32_t kMostPasses = 64;
  constexpr std::uint32_t kMostLanes = 16;
  const bool sane = cost.lanes >= 1 && cost.lanes <= kMostLanes && cost.passes >= 1 &&
                    cost.passes <= kMostPasses && cost.memory_kib >= 8 * cost.lanes &&
                    cost.memory_kib <= kMostMemoryKib &&
                    std::uint64_t{cost.memory_kib} * cost.passes <= kMostWorkKib;
  if (sane) return {};
  return Error(ErrorCode::kInvalidOptions, "key derivation with " +
                                               std::to_string(cost.memory_kib) + " KiB, " +
                                               std::to_string(cost.passes) + " passes and " +
                                               std::to_string(cost.lanes) + " lanes is refused");
}

Result<Bytes> DerivePassphraseKey(const SecretString& passphrase, ByteView salt,
                                  const KdfCost& cost) {
  DBSTOW_TRY(CheckKdfCost(cost));
  Bytes key(32);
  const std::string& text = passphrase.Reveal();
  const int outcome =
      argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, text.data(), text.size(),
                        salt.data(), salt.size(), key.data(), key.size());
  if (outcome == ARGON2_OK) return key;
  const bool memory = outcome == ARGON2_MEMORY_ALLOCATION_ERROR;
  return Error(
      memory ? ErrorCode::kOutOfSpace : ErrorCode::kInvalidOptions,
      std::string("cannot derive a key from the passphrase: ") + argon2_error_message(outcome));
}

}  // namespace dbstow::io
