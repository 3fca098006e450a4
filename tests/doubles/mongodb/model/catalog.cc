#include "doubles/mongodb/model/catalog.h"

#include <algorithm>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr const char* kLastTimestamp = "last_timestamp";
constexpr const char* kSystemViews = "system.views";

}  // namespace

std::int64_t NodeClock::NowMs() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + offset_ms_;
}

Timestamp NodeClock::Tick() {
  const auto seconds = static_cast<std::uint64_t>(NowMs() / 1000) << 32;
  last_.value = std::max(last_.value + 1, seconds + 1);
  return last_;
}

Result<std::unique_ptr<Catalog>> Catalog::Open(const std::string& folder) {
  DBSTOW_ASSIGN(auto store, Store::Open(folder));
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(store)));
  DBSTOW_TRY(catalog->Load());
  return catalog;
}

Result<void> Catalog::Load() {
  store_->LoadSettings(
      [&](std::string name, std::string value) { settings_[std::move(name)] = std::move(value); });
  Result<void> outcome;
  store_->LoadCollections([&](std::int64_t id, const std::string& description) {
    if (!outcome) return;
    if (auto valid = ValidateBson(description); !valid) {
      outcome = std::move(valid).error();
      return;
    }
    auto collection = Collection::FromDescription(id, Document(description));
    if (!collection) {
      outcome = std::move(collection).error();
      return;
    }
    auto owned = std::make_unique<Collection>(std::move(*collection));
    by_name_[owned->ns()] = owned.get();
    collections_[id] = std::move(owned);
    next_id_ = std::max(next_id_, id + 1);
  });
  DBSTOW_TRY(std::move(outcome));
  const std::string last = Setting(kLastTimestamp);
  if (last.size() == sizeof(std::uint64_t)) {
    clock_.Restore(Timestamp{LoadLittle<std::uint64_t>(last.data())});
  }
  history_floor_ = clock_.last().value;
  store_->LoadDocuments([&](std::int64_t id, const std::string& record, std::string body) {
    const auto found = collections_.find(id);
    if (found == collections_.end()) return;
    found->second->Put(record, std::make_shared<const std::string>(std::move(body)), 0, 0);
  });
  return {};
}

Collection* Catalog::Find(const Namespace& ns) {
  const auto found = by_name_.find(ns);
  return found == by_name_.end() ? nullptr : found->second;
}

Collection* Catalog::FindByUuid(std::string_view uuid) {
  for (const auto& [id, collection] : collections_) {
    if (collection->uuid() == uuid) return collection.get();
  }
  return nullptr;
}

std::vector<Collection*> Catalog::InDatabase(const std::string& db) {
  std::vector<Collection*> found;
  for (const auto& [ns, collection] : by_name_) {
    if (ns.db == db) found.push_back(collection);
  }
  return found;
}

std::set<std::string> Catalog::Databases() const {
  std::set<std::string> databases;
  for (const auto& [ns, collection] : by_name_) databases.insert(ns.db);
  return databases;
}

std::string Catalog::FindView(const Namespace& ns) {
  Collection* views = Find({ns.db, kSystemViews});
  if (views == nullptr) return {};
  const std::string id = Builder().String("_id", ns.Full()).Finish();
  const auto record = views->FindById(OrderKey(Document(id).First()));
  if (!record) return {};
  return *views->Get(*record);
}

std::vector<std::string> Catalog::ViewsIn(const std::string& db) {
  std::vector<std::string> found;
  Collection* views = Find({db, kSystemViews});
  if (views == nullptr) return found;
  for (const auto& [id, record] : views->ids()) found.push_back(*views->Get(record));
  return found;
}

Collection& Catalog::Add(const Namespace& ns, const std::string& uuid, std::string options) {
  auto owned = std::make_unique<Collection>(next_id_++, ns, uuid, std::move(options));
  Collection& collection = *owned;
  by_name_[ns] = &collection;
  collections_[collection.id()] = std::move(owned);
  name_changed_[ns] = clock_.last().value;
  Save(collection);
  return collection;
}

void Catalog::Remove(Collection& collection) {
  store_->RemoveCollection(collection.id());
  name_changed_[collection.ns()] = clock_.last().value;
  by_name_.erase(collection.ns());
  collections_.erase(collection.id());
}

void Catalog::Rename(Collection& collection, const Namespace& to) {
  name_changed_[collection.ns()] = clock_.last().value;
  name_changed_[to] = clock_.last().value;
  by_name_.erase(collection.ns());
  collection.set_ns(to);
  by_name_[to] = &collection;
  Save(collection);
}

void Catalog::Save(const Collection& collection) {
  store_->PutCollection(collection.id(), collection.Describe());
}

void Catalog::Put(Collection& collection, const RecordId& record, Body body, Timestamp at) {
  if (body) {
    store_->PutDocument(collection.id(), record, *body);
  } else {
    store_->RemoveDocument(collection.id(), record);
  }
  collection.Put(record, std::move(body), at.value, oldest());
  past_.push_back({at.value, collection.id(), record});
}

Result<void> Catalog::CheckReadable(const Namespace& ns, std::uint64_t timestamp) const {
  if (timestamp == kLatest) return {};
  if (timestamp < oldest()) {
    return CommandFailure(kSnapshotTooOld,
                          "Read timestamp is older than the oldest available timestamp");
  }
  const auto changed = name_changed_.find(ns);
  if (changed != name_changed_.end() && timestamp < changed->second) {
    return CommandFailure(kSnapshotUnavailable,
                          "Unable to read from a snapshot due to pending collection catalog "
                          "changes; please retry the operation");
  }
  return {};
}

std::uint64_t Catalog::oldest() const {
  const std::uint64_t now = clock_.last().value;
  const std::uint64_t window = static_cast<std::uint64_t>(history_seconds_) << 32;
  return std::max(history_floor_, now > window ? now - window : 0);
}

std::string Catalog::Setting(const std::string& name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? std::string() : found->second;
}

void Catalog::PutSetting(const std::string& name, const std::string& value) {
  settings_[name] = value;
  store_->PutSetting(name, value);
}

void Catalog::Commit() {
  const std::uint64_t last = clock_.last().value;
  const std::string bytes(reinterpret_cast<const char*>(&last), sizeof last);
  if (Setting(kLastTimestamp) != bytes) PutSetting(kLastTimestamp, bytes);
  store_->Commit();
  while (!past_.empty() && past_.front().until <= oldest()) {
    const auto found = collections_.find(past_.front().collection);
    if (found != collections_.end()) found->second->Forget(past_.front().record, oldest());
    past_.pop_front();
  }
}

}  // namespace dbstow::doubles::mongodb
