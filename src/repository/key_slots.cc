#include "repository/key_slots.h"

#include <algorithm>

#include "repository/chain.h"
#include "repository/layout.h"

namespace dbstow::repository {
namespace {

// None when the object is not there.
Result<std::optional<Bytes>> GetIfThere(storage::ObjectStore& store, std::string_view key) {
  auto bytes = store.Get(key);
  if (bytes) return std::optional(*std::move(bytes));
  if (bytes.error().code() == ErrorCode::kNotFound) return std::optional<Bytes>();
  return std::move(bytes).error();
}

// The file in the store if it is whole; none if it is lost, damaged or unreadable, as each slot has
// a copy.
Result<std::optional<RepositoryFile>> StoredFile(storage::ObjectStore& store) {
  const auto bytes = GetIfThere(store, kRepositoryKey);
  if (!bytes && !IsUnreadable(bytes.error())) return bytes.error();
  if (!bytes || !*bytes) return std::optional<RepositoryFile>();
  auto file = RepositoryFile::Decode(AsText(**bytes));
  if (file) return std::optional(*std::move(file));
  if (file.error().code() == ErrorCode::kCorrupt) return std::optional<RepositoryFile>();
  return std::move(file).error();
}

std::set<std::string> NamesOf(const std::vector<StoredSlot>& slots) {
  std::set<std::string> names;
  for (const StoredSlot& each : slots) names.insert(each.name);
  return names;
}

// Slots with the most epochs first: where a rotation died before it removed the older ones, they
// are those that read everything, and what is written from them is read by all later ones. Then the
// cheapest, so that what costs most is tried when nothing else has opened.
std::vector<const StoredSlot*> InOrderOfTrial(const std::vector<StoredSlot>& slots) {
  std::vector<const StoredSlot*> ordered;
  for (const StoredSlot& each : slots) {
    if (each.slot) ordered.push_back(&each);
  }
  const auto work = [](const KeySlot& slot) {
    return std::uint64_t{slot.cost.memory_kib} * slot.cost.passes;
  };
  std::ranges::stable_sort(ordered, [&](const StoredSlot* a, const StoredSlot* b) {
    if (a->slot->sealed.size() != b->slot->sealed.size()) {
      return a->slot->sealed.size() > b->slot->sealed.size();
    }
    return work(*a->slot) < work(*b->slot);
  });
  return ordered;
}

Error CannotTry(const StoredSlot& slot, const Error& why) {
  return Error(why.code(), "key slot " + slot.name + " could not be tried: " + why.message() +
                               ", and no other key slot opens with this passphrase")
      .WithHint(!why.hint().empty() ? why.hint() : "give the passphrase of another key slot");
}

Error NoSlotOpens(const storage::ObjectStore& store, const std::vector<StoredSlot>& slots) {
  for (const StoredSlot& each : slots) {
    if (each.slot) continue;
    const Error& why = each.slot.error();
    return Error(why.code(), "the repository at " + store.Describe() +
                                 " does not open: " + why.message() +
                                 ", and no other key slot opens with this passphrase")
        .WithHint(!why.hint().empty() ? why.hint()
                                      : "give the passphrase of another key slot, or put " +
                                            std::string(kSlotPrefix) + each.name +
                                            " back from a copy of the repository");
  }
  return Error(ErrorCode::kWrongKey, "no key slot of the repository at " + store.Describe() +
                                         " opens with this passphrase")
      .WithHint("check the passphrase, or name its secret with --repo-secret provider:key");
}

}  // namespace

Result<std::vector<StoredSlot>> ListSlots(storage::ObjectStore& store) {
  DBSTOW_ASSIGN(const auto objects, store.List(kSlotPrefix));
  std::vector<StoredSlot> slots;
  for (const storage::ObjectInfo& each : objects) {
    const auto bytes = GetIfThere(store, each.key);
    const std::string name(LastPart(each.key));
    if (bytes && *bytes) {
      slots.push_back({name, KeySlot::Decode(AsText(**bytes), name)});
    } else if (!bytes && IsUnreadable(bytes.error())) {
      slots.push_back({name, bytes.error()});
    } else if (!bytes) {
      return bytes.error();
    }
  }
  return slots;
}

Result<std::string> StoreSlot(storage::ObjectStore& store, const KeySlot& slot) {
  const std::string text = slot.Encode();
  std::string name = KeySlot::NameOf(text);
  DBSTOW_TRY(store.Put(std::string(kSlotPrefix) + name, AsBytes(text)));
  return name;
}

// Of two at once, whoever lists later sees the slot of the other.
Result<std::string> StoreSlotUnlessOthersChanged(storage::ObjectStore& store, const KeySlot& slot,
                                                 const std::set<std::string>& known) {
  DBSTOW_ASSIGN(std::string name, StoreSlot(store, slot));
  const auto slots = ListSlots(store);
  auto expected = known;
  expected.insert(name);
  if (slots && NamesOf(*slots) == expected) return name;
  DBSTOW_TRY(store.Delete(std::string(kSlotPrefix) + name));
  if (!slots) return slots.error();
  return Error(ErrorCode::kConflict, "the keys of the repository at " + store.Describe() +
                                         " were changed by somebody else since it was opened")
      .WithHint("run it again; dbstow key list shows the slots");
}

Result<Unlocked> UnlockRepository(storage::ObjectStore& store, const SecretString& passphrase) {
  DBSTOW_ASSIGN(const auto file, StoredFile(store));
  DBSTOW_ASSIGN(const auto slots, ListSlots(store));
  if (!file && slots.empty()) {
    DBSTOW_TRY(GetIfThere(store, kRepositoryKey));  // one that cannot be read is there
    return Error(ErrorCode::kNoRepository, "there is no repository at " + store.Describe())
        .WithHint("make one with `dbstow init`, or check the address");
  }
  std::optional<Error> trouble;
  for (const StoredSlot* each : InOrderOfTrial(slots)) {
    auto keyring = each->slot->Unseal(passphrase);
    if (!keyring && keyring.error().code() == ErrorCode::kWrongKey) continue;
    auto copy = keyring ? RepositoryFile::Decode(keyring->repository_file())
                        : Result<RepositoryFile>(keyring.error());
    if (!copy) {
      if (!trouble) trouble = CannotTry(*each, copy.error());
      continue;
    }
    // Left by a second `init` that lost the race: it belongs to another repository.
    if (file && file->id != copy->id) continue;
    return Unlocked{*std::move(copy), *std::move(keyring), NamesOf(slots), each->name};
  }
  if (trouble) return *std::move(trouble);
  return NoSlotOpens(store, slots);
}

Result<void> CheckHasAllEpochs(const std::vector<StoredSlot>& slots, const Keyring& keyring) {
  const std::size_t own = KeySlot::SealedSize(keyring);
  for (const StoredSlot& each : slots) {
    if (each.slot) {
      if (each.slot->sealed.size() <= own) continue;
      return Error(ErrorCode::kConflict,
                   "the keys were rotated since this passphrase was given: only key slot " +
                       each.name + " opens what was written from then on")
          .WithHint("use the newest passphrase; with it, remove the older slots (dbstow key list)");
    }
    const Error& why = each.slot.error();
    if (why.code() == ErrorCode::kCorrupt) continue;
    return Error(why.code(), "key slot " + each.name +
                                 " may hold newer keys than this passphrase opens, and " +
                                 "that cannot be told: " + why.message())
        .WithHint(why.hint());
  }
  return {};
}

std::vector<std::string> SlotsWithOldEpochs(const std::vector<StoredSlot>& slots) {
  std::size_t newest = 0;
  for (const StoredSlot& each : slots) {
    if (each.slot) newest = std::max(newest, each.slot->sealed.size());
  }
  std::vector<std::string> old;
  for (const StoredSlot& each : slots) {
    if (each.slot && each.slot->sealed.size() < newest) old.push_back(each.name);
  }
  return old;
}

Result<std::vector<DamagedObject>> CheckKeyObjects(storage::ObjectStore& store,
                                                   const std::vector<StoredSlot>& slots) {
  std::vector<DamagedObject> damaged;
  const auto bytes = GetIfThere(store, kRepositoryKey);
  if (!bytes && !IsUnreadable(bytes.error())) return bytes.error();
  if (!bytes) {
    damaged.push_back({std::string(kRepositoryKey), bytes.error().message(), {}});
  } else if (!*bytes) {
    damaged.push_back({std::string(kRepositoryKey), "missing; `dbstow init` puts it back", {}});
  } else if (auto file = RepositoryFile::Decode(AsText(**bytes)); !file) {
    damaged.push_back({std::string(kRepositoryKey), file.error().message(), {}});
  }
  for (const StoredSlot& each : slots) {
    if (each.slot) continue;
    damaged.push_back({std::string(kSlotPrefix) + each.name, each.slot.error().message(), {}});
  }
  return damaged;
}

}  // namespace dbstow::repository
