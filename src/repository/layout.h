#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/hash.h"
#include "repository/ids.h"

namespace dbstow::repository {

inline constexpr std::string_view kRepositoryKey = "repo.json";
inline constexpr std::string_view kSlotPrefix = "keys/";
/// One small object per chain, holding the instance's name.
inline constexpr std::string_view kInstancePrefix = "instances/";
/// Objects that `dbstow doctor` puts and deletes.
inline constexpr std::string_view kProbePrefix = "doctor/";
/// Prefixes of what belongs to no chain; the empty one is that of keys without a `/`.
inline constexpr std::array<std::string_view, 4> kSharedPrefixes = {"", kSlotPrefix,
                                                                    kInstancePrefix, kProbePrefix};

/// The part of a key that stands for an instance: percent-encoded, and shortened with a hash when
/// it would not fit a file name.
[[nodiscard]] std::string InstanceKeyPart(std::string_view instance);

/// Who announced what; all of it is in the object's key, so that one LIST tells everything.
struct Intent {
  enum class Purpose { kWrite, kRead };
  SessionId session;
  TimePoint since{};
  Purpose purpose = Purpose::kWrite;
  std::string used_manifest;  ///< name of the manifest it relies on; empty for none

  /// Dated so far ahead of `now` that a clock must be wrong, here or there.
  [[nodiscard]] bool IsAhead(TimePoint now) const;
};

/// The keys of one chain.
class ChainLayout {
 public:
  explicit ChainLayout(std::string_view instance);

  [[nodiscard]] std::string Packs() const { return root_ + "packs/"; }
  [[nodiscard]] std::string Pack(const SessionId& session, const io::Sha256Digest& digest) const;
  [[nodiscard]] std::string Manifests() const { return root_ + "m/"; }
  [[nodiscard]] std::string Manifest(std::string_view name) const;
  [[nodiscard]] std::string Intents() const { return root_ + "intent/"; }
  [[nodiscard]] std::string IntentKey(const Intent& intent) const;
  [[nodiscard]] std::string Marks() const { return root_ + "trash/"; }
  [[nodiscard]] std::string Fences() const { return root_ + "fence/"; }
  [[nodiscard]] std::string Verifications() const { return root_ + "verify/"; }
  /// All of the above.
  [[nodiscard]] std::vector<std::string> Prefixes() const {
    return {Packs(), Manifests(), Intents(), Marks(), Fences(), Verifications()};
  }

 private:
  std::string root_;
};

/// What follows the last `/`.
[[nodiscard]] std::string_view LastPart(std::string_view key);
[[nodiscard]] std::optional<Intent> ParseIntent(std::string_view key);
/// The session and digest in a pack's key.
struct PackKeyParts {
  SessionId session;
  std::string digest;
};
[[nodiscard]] std::optional<PackKeyParts> ParsePackKey(std::string_view key);

}  // namespace dbstow::repository
