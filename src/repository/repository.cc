#include "repository/repository.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "repository/backup_reader.h"
#include "repository/backup_writer.h"
#include "repository/chain.h"
#include "repository/fence.h"
#include "repository/key_slots.h"
#include "repository/prune.h"
#include "repository/selector.h"
#include "repository/verification.h"
#include "repository/verify.h"

namespace dbstow::repository {
namespace {

// None unless there are slots without repo.json: a creation died between the two, or it was lost.
Result<std::optional<Unlocked>> FinishCreation(storage::ObjectStore& store,
                                               const SecretString& passphrase) {
  DBSTOW_ASSIGN(const auto file, store.List(kRepositoryKey));
  DBSTOW_ASSIGN(const auto slots, store.List(kSlotPrefix));
  if (!file.empty() || slots.empty()) return std::optional<Unlocked>();
  auto unlocked = UnlockRepository(store, passphrase);
  DBSTOW_ASSIGN(const auto instances, store.List(kInstancePrefix));
  if (!unlocked && !instances.empty()) return std::optional<Unlocked>();
  if (!unlocked) {
    return Error(ErrorCode::kAlreadyExists,
                 "at " + store.Describe() +
                     " the making of a repository was begun and not ended, " +
                     "and it cannot be ended with this passphrase: " + unlocked.error().message())
        .WithHint(
            "give the passphrase that it was begun with, or remove that folder: it holds no "
            "backup");
  }
  DBSTOW_TRY(store.Put(kRepositoryKey, AsBytes(unlocked->keyring.repository_file())));
  return std::optional(*std::move(unlocked));
}

}  // namespace

struct Repository::State {
  State(RepositoryPorts given_ports, RepositoryTuning given_tuning, Unlocked unlocked)
      : ports(given_ports),
        tuning(given_tuning),
        file(std::move(unlocked.file)),
        keyring(std::make_shared<const Keyring>(std::move(unlocked.keyring))),
        slots(std::move(unlocked.slots)),
        own_slots({std::move(unlocked.opened)}) {}

  const RepositoryPorts ports;
  const RepositoryTuning tuning;
  const RepositoryFile file;

  [[nodiscard]] Environment environment() {
    const std::scoped_lock lock(mutex);
    return {ports, tuning, keyring};
  }
  [[nodiscard]] Chain ChainOf(std::string_view instance) {
    return Chain(environment(), std::string(instance));
  }

  std::mutex mutex;
  std::shared_ptr<const Keyring> keyring;  // replaced by a rotation
  std::mutex keys_mutex;                   // held while slots are changed
  std::set<std::string> slots;             // that the keyring is known to be as new as
  std::set<std::string> own_slots;         // of these, those known to hold the keyring

  /// The slots, when the keyring has all that they have. Called with keys_mutex.
  [[nodiscard]] Result<std::vector<StoredSlot>> SlotsToChange() {
    DBSTOW_ASSIGN(auto stored, ListSlots(ports.store));
    DBSTOW_TRY(CheckHasAllEpochs(stored, *environment().keyring));
    return stored;
  }
};

// The slot goes first: it has a copy of repo.json, so a process that dies between the two leaves a
// repository that opens, and that the next `init` with its passphrase completes.
Result<std::unique_ptr<Repository>> Repository::Create(RepositoryPorts ports, KeySource key,
                                                       const CreateOptions& options,
                                                       RepositoryTuning tuning) {
  DBSTOW_ASSIGN(auto begun, FinishCreation(ports.store, key.passphrase));
  if (begun) {
    return std::unique_ptr<Repository>(
        new Repository(std::make_shared<State>(ports, tuning, *std::move(begun))));
  }
  for (const std::string_view prefix : {kRepositoryKey, kSlotPrefix, kInstancePrefix}) {
    DBSTOW_ASSIGN(const auto there, ports.store.List(prefix));
    if (there.empty()) continue;
    return Error(ErrorCode::kAlreadyExists, "there is already a repository at " +
                                                ports.store.Describe() + ": it has " +
                                                there.front().key)
        .WithHint("use it as it is (dbstow backups shows what it holds), or take another folder");
  }
  const RepositoryFile file = RepositoryFile::Generate(ports.random);
  Keyring keyring = Keyring::Generate(ports.random, file.Encode());
  DBSTOW_ASSIGN(const KeySlot slot,
                KeySlot::Seal(keyring, key.passphrase, {"first", options.kdf}, ports.random));
  DBSTOW_ASSIGN(const std::string name, StoreSlot(ports.store, slot));
  if (auto put = ports.store.Put(kRepositoryKey, AsBytes(file.Encode())); !put) {
    if (put.error().code() == ErrorCode::kAlreadyExists) {
      DBSTOW_TRY(ports.store.Delete(std::string(kSlotPrefix) + name));
    }
    return std::move(put).error();
  }
  return std::unique_ptr<Repository>(new Repository(
      std::make_shared<State>(ports, tuning, Unlocked{file, std::move(keyring), {name}, name})));
}

Repository::Repository(std::shared_ptr<State> state) : state_(std::move(state)) {}
Repository::~Repository() = default;

const std::string& Repository::id() const { return state_->file.id; }

Result<std::unique_ptr<Repository>> Repository::Open(RepositoryPorts ports, KeySource key,
                                                     RepositoryTuning tuning) {
  DBSTOW_ASSIGN(Unlocked unlocked, UnlockRepository(ports.store, key.passphrase));
  return std::unique_ptr<Repository>(
      new Repository(std::make_shared<State>(ports, tuning, std::move(unlocked))));
}

Result<std::unique_ptr<BackupWriter>> Repository::Begin(const BackupPlan& plan) {
  return BeginBackup(state_->ChainOf(plan.instance), plan);
}

Result<std::vector<std::string>> Repository::Instances() {
  DBSTOW_ASSIGN(InstanceList instances, ListInstances(state_->ports.store));
  return std::move(instances.names);
}

Result<BackupRecord> Repository::Latest(std::string_view instance) {
  return LatestOf(state_->ChainOf(instance));
}

Result<std::unique_ptr<BackupReader>> Repository::Open(std::string_view selector,
                                                       std::string_view instance) {
  DBSTOW_ASSIGN(Selected selected, Select(state_->environment(), selector, instance));
  return OpenBackup(std::move(selected.chain), std::move(selected.name));
}

Result<std::vector<BackupRecord>> Repository::List(std::string_view instance) {
  std::vector<BackupRecord> records;
  DBSTOW_ASSIGN(const auto chains, ChainsOf(state_->environment(), instance));
  for (const Chain& chain : chains) {
    DBSTOW_ASSIGN(auto some, ListRecords(chain));
    records.insert(records.end(), std::make_move_iterator(some.begin()),
                   std::make_move_iterator(some.end()));
  }
  if (chains.size() > 1) std::ranges::sort(records, {}, &BackupRecord::id);
  return records;
}

Result<PrunePlan> Repository::PlanPrune(std::string_view instance, const RetentionPolicy& policy,
                                        const CheckContext& context) {
  return PlanChainPrune(state_->ChainOf(instance), policy, context);
}

Result<PruneReport> Repository::Prune(const PrunePlan& plan, const CheckContext& context) {
  return PruneChain(state_->ChainOf(plan.instance), plan, context);
}

Result<bool> Repository::Fence(std::string_view instance, std::string_view session) {
  const auto id = SessionIdFromText(session);
  if (!id) {
    return Error(ErrorCode::kInvalidOptions,
                 "'" + std::string(session) + "' is not a session; `dbstow doctor` lists them");
  }
  return FenceSession(state_->ChainOf(instance), *id);
}

Result<VerifyReport> Repository::Verify(std::string_view selector, std::string_view instance,
                                        int level, const CheckContext& context) {
  if (level < 0 || level > 2) {
    return Error(ErrorCode::kInvalidOptions,
                 "the repository verifies at level 0, 1 or 2, not " + std::to_string(level));
  }
  VerifyReport report;
  report.level = level;
  if (!selector.empty()) {
    DBSTOW_ASSIGN(const Selected one, Select(state_->environment(), selector, instance));
    DBSTOW_TRY(VerifyChain(one.chain, {one.name}, context, report));
    return report;
  }
  DBSTOW_ASSIGN(const auto chains, ChainsOf(state_->environment(), instance));
  for (const Chain& chain : chains) {
    DBSTOW_ASSIGN(const auto names, ListVisible(chain));
    std::set<ManifestName> all;
    for (const ListedManifest& each : names) all.insert(each.name);
    DBSTOW_TRY(VerifyChain(chain, all, context, report));
  }
  return report;
}

Result<void> Repository::RecordVerification(const Verification& verification) {
  const Chain chain = state_->ChainOf(verification.instance);
  const std::string name = VerificationName(verification, state_->ports.random);
  return state_->ports.store.Put(chain.layout().Verifications() + name, AsBytes(name));
}

Result<std::map<std::string, Standing>> Repository::Standings(std::string_view instance) {
  DBSTOW_ASSIGN(const auto verifications, state_->ChainOf(instance).ListVerifications());
  return StandingsOf(verifications);
}

std::map<std::string, Standing> Repository::Standings(const std::vector<BackupRecord>& records) {
  std::set<std::string> chains;
  for (const BackupRecord& record : records) chains.insert(record.instance);
  std::map<std::string, Standing> standings;
  for (const std::string& chain : chains) {
    if (auto of_chain = Standings(chain)) standings.merge(*of_chain);
  }
  return standings;
}

Result<CheckReport> Repository::Check(const CheckContext& context) {
  CheckReport report;
  DBSTOW_ASSIGN(const auto slots, ListSlots(state_->ports.store));
  DBSTOW_ASSIGN(report.damaged, CheckKeyObjects(state_->ports.store, slots));
  report.old_key_slots = SlotsWithOldEpochs(slots);
  DBSTOW_ASSIGN(const InstanceList instances, ListInstances(state_->ports.store));
  for (const std::string& each : instances.strays) {
    report.damaged.push_back({each, "is no name of an instance that can be read", {}});
  }
  for (const std::string& each : instances.names) {
    DBSTOW_TRY(CheckChain(state_->ChainOf(each), context, report));
  }
  for (const std::string_view each : kSharedPrefixes) {
    CountUnfinished(state_->ports.store, each, report);
  }
  return report;
}

Result<std::vector<KeySlotInfo>> Repository::KeySlots() {
  DBSTOW_ASSIGN(const auto slots, ListSlots(state_->ports.store));
  std::vector<KeySlotInfo> infos;
  for (const StoredSlot& each : slots) {
    infos.push_back({each.name, each.slot ? each.slot->label : "damaged"});
  }
  return infos;
}

Result<KeySlotInfo> Repository::AddKeySlot(KeySource key, std::string_view label,
                                           io::KdfCost cost) {
  const std::scoped_lock lock(state_->keys_mutex);
  DBSTOW_TRY(state_->SlotsToChange());
  const Environment environment = state_->environment();
  DBSTOW_ASSIGN(const KeySlot slot,
                KeySlot::Seal(*environment.keyring, key.passphrase, {std::string(label), cost},
                              environment.ports.random));
  DBSTOW_ASSIGN(std::string name,
                StoreSlotUnlessOthersChanged(environment.ports.store, slot, state_->slots));
  state_->slots.insert(name);
  state_->own_slots.insert(name);
  return KeySlotInfo{std::move(name), std::string(label)};
}

Result<void> Repository::RemoveKeySlot(std::string_view slot) {
  const std::scoped_lock lock(state_->keys_mutex);
  DBSTOW_ASSIGN(const auto slots, state_->SlotsToChange());
  const auto found = std::ranges::find(slots, slot, &StoredSlot::name);
  if (found == slots.end()) {
    return Error(ErrorCode::kNotFound, "there is no key slot " + std::string(slot));
  }
  // Whether a slot that another passphrase opens is of this repository at all is not known: a
  // second `init` that lost the race leaves one of its own.
  const bool another_stays = std::ranges::any_of(slots, [&](const StoredSlot& each) {
    return each.slot && each.name != found->name && state_->own_slots.contains(each.name);
  });
  if (found->slot && !another_stays) {
    return Error(ErrorCode::kSafetyRefused,
                 "key slot " + found->name +
                     " is the last one known to open this repository: without it nothing may open "
                     "any more")
        .WithHint("add another key slot first, and remove this one with the other's passphrase");
  }
  DBSTOW_TRY(state_->ports.store.Delete(std::string(kSlotPrefix) + found->name));
  state_->slots.erase(found->name);
  state_->own_slots.erase(found->name);
  return {};
}

// The new slot is stored before any old one goes, so that at every moment somebody can open all.
Result<void> Repository::RotateEpoch(KeySource key, io::KdfCost cost) {
  const std::scoped_lock keys_lock(state_->keys_mutex);
  DBSTOW_TRY(state_->SlotsToChange());
  const Environment environment = state_->environment();
  Keyring rotated = environment.keyring->WithNewEpoch(environment.ports.random);
  DBSTOW_ASSIGN(const KeySlot slot, KeySlot::Seal(rotated, key.passphrase, {"rotated", cost},
                                                  environment.ports.random));
  DBSTOW_ASSIGN(const std::string name,
                StoreSlotUnlessOthersChanged(environment.ports.store, slot, state_->slots));
  // From here on the new epoch is what others read and write, whatever becomes of the old slots.
  {
    const std::scoped_lock lock(state_->mutex);
    state_->keyring = std::make_shared<const Keyring>(std::move(rotated));
  }
  std::string left;
  std::optional<Error> failure;
  state_->own_slots = {name};
  const std::set<std::string> known = std::exchange(state_->slots, {name});
  for (const std::string& each : known) {
    auto removed = environment.ports.store.Delete(std::string(kSlotPrefix) + each);
    if (removed) continue;
    state_->slots.insert(each);
    left += (left.empty() ? "" : ", ") + each;
    if (!failure) failure = std::move(removed).error();
  }
  if (!failure) return {};
  return Error(failure->code(), "the keys were rotated into key slot " + name +
                                    ", but older slots could not be removed and still open what "
                                    "was written before: " +
                                    left + " (" + failure->message() + ")")
      .WithHint(
          "remove each with `dbstow key remove`; what is written from now on they do not open");
}

}  // namespace dbstow::repository
