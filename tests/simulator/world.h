#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "repository/keyring.h"
#include "repository/manifest.h"
#include "simulator/baton.h"
#include "simulator/seeded_random.h"
#include "support/test_repository.h"

namespace dbstow::simulator {

inline constexpr const char* kInstance = "db";

/// Ways to break a rule of the protocol, to prove that the simulator notices.
enum class Mutation {
  kNone,
  kSweepListsManifestsFirst,  ///< manifests, then packs
  kSweepListsIntentsFirst,    ///< announcements as of the marking, then packs
  kIgnoreMarks,               ///< writers do not look at prune marks
  kIgnoreFences,              ///< writers do not look at fences before they report success
  kIgnoreIntents,             ///< pruners do not look at announcements
  kAnnounceNothing,           ///< announcements are never stored
  kRelyOnUnended,             ///< pruners take a backup for finished that is still announced
  kIgnoreOthersIds,           ///< writers do not look at the backups that are there
};

/// How unkind the world of one seed is, in ten thousandths of all store calls.
struct Faults {
  unsigned crash = 0;
  unsigned error = 0;        ///< fails without effect
  unsigned lost_answer = 0;  ///< takes effect, but is reported as failed
  unsigned full = 0;         ///< a Put finds no space
  unsigned clock_jump = 0;   ///< a year forth or back
};

/// What some writer tried to back up, and what became of it.
struct Attempt {
  test::BackupContent content;
  bool reported = false;  ///< the writer reported success
  bool deleted = false;
  std::uint64_t began_at = 0;                 ///< step
  std::optional<std::uint64_t> committed_at;  ///< step
  std::optional<std::uint64_t> verified_at;   ///< step
};

/// The store, the clock and the ledger of one simulated run. Only the moving actor touches it.
class World {
 public:
  World(std::uint64_t seed, Mutation mutation);

  SeededRandom random;
  Baton baton;
  const Mutation mutation;
  Faults faults;
  std::uint32_t floor = 1;
  std::chrono::seconds clock_offset{0};
  std::map<std::string, Bytes, std::less<>> objects;
  std::optional<repository::Keyring> keyring;
  int actors = 0;  ///< that there ever were

  /// Counts store calls.
  std::uint64_t step = 0;
  std::map<std::string, Attempt> attempts;  ///< by backup id
  std::optional<std::string> violation;     ///< the first

  void Violate(std::string what);
  /// Where `id` is taken for the newest of them, none of `others` may have begun after it was
  /// there: of backups that did not overlap the one made last is the newest, whatever the clocks
  /// said.
  void CheckNoneLater(const std::string& id, const std::vector<std::string>& others);

  /// Called after an object came or before it goes.
  void AfterPut(const std::string& key);
  struct Deleter {
    const std::set<std::string>* may_remove = nullptr;  ///< ids, for a pruner
    std::uint64_t marked_at = 0;                        ///< step of its mark
  };
  void BeforeDelete(const std::string& key, const Deleter& deleter);

  [[nodiscard]] bool IsFenced(const repository::SessionId& session) const;
  /// Whether the session of this intent has put its manifest.
  [[nodiscard]] bool HasManifest(const std::string& intent_key) const;
  /// Backups that were reported and not removed.
  [[nodiscard]] std::vector<std::string> Kept() const;

 private:
  struct Needs {
    repository::ManifestName name;
    std::set<std::string> packs;  ///< object keys
  };
  void ManifestCame(const std::string& key);
  void CheckNeeds(const Needs& needs);
  [[nodiscard]] bool Ended(const repository::SessionId& session) const;
  void CheckRemoval(const std::string& id, const Deleter& deleter);
  std::map<std::string, Needs> manifests_;  ///< by object key
};

}  // namespace dbstow::simulator
