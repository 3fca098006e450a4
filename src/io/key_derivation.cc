#include "io/key_derivation.h"

#include <argon2.h>

namespace dbstow::io {
namespace {

Result<void> CheckCost(const KdfCost& cost) {
  constexpr std::uint32_t kMostMemoryKib = 4u << 20;
  const bool sane = cost.memory_kib >= 8 && cost.memory_kib <= kMostMemoryKib && cost.passes >= 1 &&
                    cost.passes <= 64 && cost.lanes >= 1 && cost.lanes <= 64;
  if (sane) return {};
  return Error(ErrorCode::kInvalidOptions, "key derivation with " +
                                               std::to_string(cost.memory_kib) + " KiB, " +
                                               std::to_string(cost.passes) + " passes and " +
                                               std::to_string(cost.lanes) + " lanes is refused");
}

}  // namespace

Result<Bytes> DerivePassphraseKey(const SecretString& passphrase, ByteView salt,
                                  const KdfCost& cost) {
  DBSTOW_TRY(CheckCost(cost));
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
