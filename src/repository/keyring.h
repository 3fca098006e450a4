#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"
#include "io/aead.h"
#include "repository/ids.h"

namespace dbstow::repository {

/// The key that everything written in one epoch is sealed with, by keys derived from it.
struct EpochKey {
  std::uint32_t epoch = 0;
  io::Key256 key{};

  [[nodiscard]] io::Key256 ForPack(const SessionId& session, const PackId& pack) const;
  [[nodiscard]] io::Key256 ForManifest(ByteView salt) const;
  [[nodiscard]] io::Key256 ForPageHashes() const;
};

/// Every epoch key of a repository, oldest first; never empty. What the key slots hold.
class Keyring {
 public:
  [[nodiscard]] static Keyring Generate(Random& random, std::string repository_file);
  /// Errors: Corrupt.
  [[nodiscard]] static Result<Keyring> Decode(ByteView bytes);
  [[nodiscard]] Bytes Encode() const;

  /// The same with one more epoch, which becomes the current one.
  [[nodiscard]] Keyring WithNewEpoch(Random& random) const;
  [[nodiscard]] const EpochKey& current() const { return epochs_.back(); }
  /// Errors: WrongKey when this slot was written before that epoch began.
  [[nodiscard]] Result<EpochKey> Find(std::uint32_t epoch) const;
  /// A copy of repo.json, so that its loss or change is noticed and harmless.
  [[nodiscard]] const std::string& repository_file() const { return repository_file_; }

 private:
  Keyring() = default;
  std::string repository_file_;
  std::vector<EpochKey> epochs_;
};

}  // namespace dbstow::repository
