#include "repository/parent_choice.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "repository/verification.h"

namespace dbstow::repository {
namespace {

constexpr int kMostAttempts = 3;

class ParentChoice {
 public:
  ParentChoice(const Chain& chain, const BackupPlan& plan) : chain_(chain), plan_(plan) {}

  Result<BegunSession> Begin() {
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      DBSTOW_ASSIGN(const auto candidate, Candidate());
      if (!candidate) break;
      DBSTOW_ASSIGN(Intent intent, chain_.Announce(Intent::Purpose::kWrite, candidate->Text()));
      auto parent = Confirm(*candidate);
      if (!parent || !*parent) DBSTOW_TRY(chain_.Withdraw(intent));
      if (!parent && Reject(parent.error(), *candidate)) continue;
      if (!parent) return std::move(parent).error();
      if (*parent) return BegunSession{std::move(intent), *std::move(parent), warnings_};
      rejected_.insert(*candidate);
    }
    DBSTOW_ASSIGN(Intent intent, chain_.Announce(Intent::Purpose::kWrite, ""));
    return BegunSession{std::move(intent), std::nullopt, warnings_};
  }

 private:
  [[nodiscard]] bool Suits(const ManifestHead& head) const {
    const Environment& environment = chain_.environment();
    return head.record.engine == plan_.engine && head.record.type == plan_.type &&
           head.record.server_reference.empty() &&
           head.epoch == environment.keyring->current().epoch;
  }

  // Only a guess: what counts is read again once it is announced.
  Result<std::optional<ManifestName>> Candidate() {
    if (plan_.parent == BackupPlan::Parent::kNone) return std::optional<ManifestName>();
    DBSTOW_ASSIGN(const auto listed, chain_.ListManifests());
    for (const ListedManifest& each : std::views::reverse(listed)) {
      if (rejected_.contains(each.name)) continue;
      const auto head = chain_.ReadHead(each);
      if (head && Suits(*head)) {
        // A chain that is deep enough begins anew; older parents would only hide that.
        if (head->chain_depth >= chain_.environment().tuning.max_chain_depth) break;
        return std::optional(each.name);
      }
      if (head || head.error().code() == ErrorCode::kNotFound) continue;
      if (!Reject(head.error(), each.name)) return head.error();
    }
    return std::optional<ManifestName>();
  }

  // A parent that cannot be read costs only the comparison with it.
  bool Reject(const Error& error, const ManifestName& name) {
    if (!IsUnreadable(error)) return false;
    warnings_.push_back("backup " + name.backup_id +
                        " could not be compared against: " + error.message());
    rejected_.insert(name);
    return true;
  }

  Result<bool> Unmarked(const ManifestName& name) const {
    DBSTOW_ASSIGN(const auto marks, chain_.ListMarks());
    return std::ranges::none_of(marks, [&](const PruneMark& mark) {
      return mark.damaged || mark.names.contains(name.Text());
    });
  }

  Result<bool> Finished(const ManifestName& name) const {
    DBSTOW_ASSIGN(const auto intents, chain_.ListIntents());
    DBSTOW_ASSIGN(const Fences fences, chain_.ListFences());
    return !fences.Any(name.session) && std::ranges::none_of(intents, [&](const auto& each) {
      return each.intent.session == name.session;
    });
  }

  Result<bool> Sound(const ManifestName& name) const {
    DBSTOW_ASSIGN(const auto checks, chain_.ListVerifications());
    const auto standings = StandingsOf(checks);
    const auto found = standings.find(name.backup_id);
    return found == standings.end() || !found->second.failed;
  }

  // The first backup after a pack was lost stores everything again, and so repairs the chain.
  Result<bool> HasAllPacks(const Manifest& manifest) const {
    DBSTOW_ASSIGN(const auto objects, chain_.store().List(chain_.layout().Packs()));
    std::map<std::string, std::uint64_t> sizes;
    for (const storage::ObjectInfo& each : objects) sizes[each.key] = each.size;
    return std::ranges::all_of(manifest.packs, [&](const PackEntry& pack) {
      const auto found = sizes.find(chain_.layout().Pack(pack.session, pack.digest));
      return found != sizes.end() && found->second == pack.size;
    });
  }

  using Choice = std::optional<ParentBackup>;

  // None: take another. In this order; only the last two steps read what was announced. What
  // cannot be read of marks, fences, checks or packs is an error that costs the comparison alone.
  Result<Choice> Confirm(const ManifestName& name) {
    DBSTOW_ASSIGN(const bool unmarked, Unmarked(name));
    if (!unmarked) return Choice();
    DBSTOW_ASSIGN(const bool finished, Finished(name));
    if (!finished) return Choice();
    DBSTOW_ASSIGN(const bool sound, Sound(name));
    if (!sound) return Choice();
    auto manifest = chain_.ReadManifest(name);
    if (!manifest && manifest.error().code() == ErrorCode::kNotFound) return Choice();
    if (!manifest) return std::move(manifest).error();
    DBSTOW_ASSIGN(const bool complete, HasAllPacks(*manifest));
    if (!complete) {
      warnings_.push_back("backup " + name.backup_id +
                          " lacks a pack and is not built upon; see `dbstow verify`");
      return Choice();
    }
    auto packs =
        std::make_unique<PackReader>(chain_.environment(), chain_.layout(), manifest->packs);
    return Choice(ParentBackup{name, *std::move(manifest), std::move(packs)});
  }

  const Chain& chain_;
  const BackupPlan& plan_;
  std::set<ManifestName> rejected_;
  std::vector<std::string> warnings_;
};

}  // namespace

Result<BegunSession> BeginSession(const Chain& chain, const BackupPlan& plan) {
  return ParentChoice(chain, plan).Begin();
}

}  // namespace dbstow::repository
