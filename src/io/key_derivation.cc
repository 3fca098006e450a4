#include "io/key_derivation.h"

#include <argon2.h>

#include "io/thread_start.h"

namespace dbstow::io {
namespace {

// Argon2 starts and joins a thread for each lane many times, and returns while the others still
// write into its memory when one of them cannot be had (libargon2 20171227): it must not come to
// that. What ended a moment ago may still count.
std::uint32_t ThreadsFor(std::uint32_t lanes) { return CanStartThreads(2 * lanes) ? lanes : 1; }

Error Failure(int outcome) {
  const std::string what = "cannot derive a key from the passphrase: ";
  if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return Error(ErrorCode::kOutOfSpace, what + "the memory for it cannot be had")
        .WithHint("give it more: ulimit -v, the limit of its cgroup or container");
  }
  if (outcome == ARGON2_THREAD_FAIL) return NoThreadFor("deriving a key from the passphrase");
  return {ErrorCode::kInvalidOptions, what + argon2_error_message(outcome)};
}

}  // namespace

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
  // The library takes what it only reads as if it wrote it, unless it is told to wipe.
  const auto bytes = [](const void* data) {
    return static_cast<std::uint8_t*>(const_cast<void*>(data));  // NOLINT(*-const-cast)
  };
  argon2_context request{};
  request.out = bytes(key.data());
  request.outlen = static_cast<std::uint32_t>(key.size());
  request.pwd = bytes(text.data());
  request.pwdlen = static_cast<std::uint32_t>(text.size());
  request.salt = bytes(salt.data());
  request.saltlen = static_cast<std::uint32_t>(salt.size());
  request.t_cost = cost.passes;
  request.m_cost = cost.memory_kib;
  request.lanes = cost.lanes;
  request.threads = ThreadsFor(cost.lanes);
  request.version = ARGON2_VERSION_NUMBER;
  request.flags = ARGON2_DEFAULT_FLAGS;
  const int outcome = argon2id_ctx(&request);
  if (outcome == ARGON2_OK) return key;
  return Failure(outcome);
}

}  // namespace dbstow::io
