#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/secret.h"
#include "io/key_derivation.h"
#include "repository/keyring.h"

namespace dbstow::repository {

/// The keyring, wrapped by a key derived from a passphrase. The object is named by the start of the
/// SHA-256 of its bytes, so that damage can be told from a wrong passphrase.
struct KeySlot {
  std::string label;
  io::KdfCost cost;
  Bytes salt;
  Bytes sealed;

  struct Options {
    std::string label;
    io::KdfCost cost;
  };
  [[nodiscard]] static Result<KeySlot> Seal(const Keyring& keyring, const SecretString& passphrase,
                                            const Options& options, Random& random);
  [[nodiscard]] std::string Encode() const;
  /// Errors: Corrupt naming the slot (also for a cost that is refused), UnsupportedCapability
  /// (another kind of slot).
  [[nodiscard]] static Result<KeySlot> Decode(std::string_view text, std::string_view name);
  [[nodiscard]] static std::string NameOf(std::string_view text);
  /// Of the slots of one repository, one with more epochs is larger.
  [[nodiscard]] static std::size_t SealedSize(const Keyring& keyring);
  /// Errors: WrongKey, OutOfSpace (memory for the derivation).
  [[nodiscard]] Result<Keyring> Unseal(const SecretString& passphrase) const;

 private:
  [[nodiscard]] std::string Associated() const;
};

}  // namespace dbstow::repository
