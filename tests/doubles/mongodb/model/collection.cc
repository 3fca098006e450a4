#include "doubles/mongodb/model/collection.h"

#include <algorithm>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/index_keys.h"
#include "doubles/mongodb/query/matcher.h"

namespace dbstow::doubles::mongodb {
namespace {

/// True for documents that a sparse or partial index leaves out.
bool Skips(const Index& index, const Document& body) {
  const Document spec(index.spec);
  if (const Element partial = spec["partialFilterExpression"]) {
    const Result<Matcher> filter = Matcher::Parse(partial.AsDocument());
    return filter && !filter->Matches(body);
  }
  if (!spec["sparse"].Truthy()) return false;
  for (const Element& field : index.pattern()) {
    bool present = false;
    ForEachIndexedValue(body, field.name(),
                        [&](const Element& value) { present = present || value; });
    if (present) return false;
  }
  return true;
}

}  // namespace

Body Record::At(std::uint64_t timestamp) const {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->from <= timestamp) return version->body;
  }
  return nullptr;
}

Collection::Collection(std::int64_t id, Namespace ns, std::string uuid, std::string options)
    : id_(id), ns_(std::move(ns)), uuid_(std::move(uuid)) {
  set_options(std::move(options));
}

void Collection::set_options(std::string options) {
  options_ = std::move(options);
  const Document view(options_);
  clustered_ = view.Has("clusteredIndex");
  capped_ = view["capped"].Truthy();
  max_bytes_ = view["size"].AsInt64();
  max_count_ = view["max"].AsInt64();
}

const Index* Collection::FindIndex(std::string_view name) const {
  for (const Index& index : indexes_) {
    if (index.name == name) return &index;
  }
  return nullptr;
}

const Index* Collection::FindIndexByKey(const Document& pattern) const {
  const auto same = [&](const Index& index) {
    auto left = index.pattern().begin();
    for (const Element& right : pattern) {
      if (left == nullptr || left->name() != right.name()) return false;
      if (CompareValues(*left, right) != 0) return false;
      ++left;
    }
    return left == nullptr;
  };
  const auto found = std::find_if(indexes_.begin(), indexes_.end(), same);
  return found == indexes_.end() ? nullptr : &*found;
}

Result<void> Collection::AddIndex(std::string spec) {
  Index index;
  index.name = Document(spec)["name"].AsString();
  index.spec = std::move(spec);
  if (index.unique()) {
    for (const auto& [record, history] : records_) {
      const Body body = history.At(kLatest);
      if (!body || Skips(index, *body)) continue;
      for (const std::string& key : IndexKeys(index.pattern(), *body)) {
        if (index.unique_keys.emplace(key, record).second) continue;
        return CommandFailure(kDuplicateKey, "E11000 duplicate key error collection: " +
                                                 ns_.Full() + " index: " + index.name);
      }
    }
  }
  indexes_.push_back(std::move(index));
  return {};
}

void Collection::RemoveIndex(std::string_view name) {
  std::erase_if(indexes_, [&](const Index& index) { return index.name == name; });
}

void Collection::ReplaceIndexSpec(std::string_view name, std::string spec) {
  for (Index& index : indexes_) {
    if (index.name == name) index.spec = std::move(spec);
    if (index.name == name) return;
  }
}

std::string Collection::Describe() const {
  ArrayBuilder indexes;
  for (const Index& index : indexes_) indexes.Add(Document(index.spec));
  const std::string specs = indexes.Finish();
  return Builder()
      .String("db", ns_.db)
      .String("collection", ns_.collection)
      .Add("uuid", Uuid{uuid_})
      .Add("options", Document(options_))
      .Add("indexes", Array{specs})
      .Finish();
}

Result<Collection> Collection::FromDescription(std::int64_t id, Document description) {
  Collection collection(id,
                        {std::string(description["db"].AsString()),
                         std::string(description["collection"].AsString())},
                        std::string(description["uuid"].AsBinary()),
                        description["options"].AsDocument().Copy());
  for (const Element& spec : description["indexes"].AsDocument()) {
    DBSTOW_TRY(collection.AddIndex(spec.AsDocument().Copy()));
  }
  return collection;
}

Body Collection::Get(const RecordId& record, std::uint64_t timestamp) const {
  const auto found = records_.find(record);
  return found == records_.end() ? nullptr : found->second.At(timestamp);
}

std::uint64_t Collection::ChangedAt(const RecordId& record) const {
  const auto found = records_.find(record);
  return found == records_.end() ? 0 : found->second.versions.back().from;
}

std::optional<RecordId> Collection::FindById(const std::string& id_key) const {
  const auto found = ids_.find(id_key);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

bool Collection::OverCap() const {
  return capped_ && ((max_bytes_ > 0 && bytes_ > max_bytes_ && count_ > 1) ||
                     (max_count_ > 0 && count_ > max_count_));
}

RecordId Collection::NextRecordId(const Document& body) {
  if (clustered_) return OrderKey(body["_id"]);
  // The oplog's records are ordered by their timestamps.
  if (ns_.IsOplog()) return RecordIdFromNumber(body["ts"].AsTimestamp().value);
  return RecordIdFromNumber(next_record_++);
}

Result<void> Collection::CheckUnique(const RecordId& record, const Document& body) const {
  const auto duplicate = [&](std::string_view index) {
    return CommandFailure(kDuplicateKey, "E11000 duplicate key error collection: " + ns_.Full() +
                                             " index: " + std::string(index) + " dup key");
  };
  if (!ns_.IsOplog()) {
    const auto holder = ids_.find(OrderKey(body["_id"]));
    if (holder != ids_.end() && holder->second != record) return duplicate("_id_");
  }
  for (const Index& index : indexes_) {
    const Document pattern = index.pattern();
    if (pattern.Count() > 1 && HasParallelArrays(pattern, body)) {
      constexpr int kCannotIndexParallelArrays = 171;
      return CommandFailure(kCannotIndexParallelArrays, "cannot index parallel arrays");
    }
    if (!index.unique() || Skips(index, body)) continue;
    for (const std::string& key : IndexKeys(pattern, body)) {
      const auto holder = index.unique_keys.find(key);
      if (holder != index.unique_keys.end() && holder->second != record) {
        return duplicate(index.name);
      }
    }
  }
  return {};
}

bool Collection::ShareUniqueKey(const Document& left, const Document& right) const {
  if (CompareValues(left["_id"], right["_id"]) == 0) return true;
  for (const Index& index : indexes_) {
    if (!index.unique() || Skips(index, left) || Skips(index, right)) continue;
    const std::vector<std::string> keys = IndexKeys(index.pattern(), left);
    for (const std::string& key : IndexKeys(index.pattern(), right)) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) return true;
    }
  }
  return false;
}

void Collection::AddKeys(const RecordId& record, const Document& body) {
  if (!ns_.IsOplog()) ids_[OrderKey(body["_id"])] = record;
  for (Index& index : indexes_) {
    if (!index.unique() || Skips(index, body)) continue;
    for (std::string& key : IndexKeys(index.pattern(), body)) {
      index.unique_keys[std::move(key)] = record;
    }
  }
  ++count_;
  bytes_ += static_cast<std::int64_t>(body.bytes().size());
}

void Collection::RemoveKeys(const RecordId& record, const Document& body) {
  const auto erase = [&](std::map<std::string, RecordId>& keys, const std::string& key) {
    const auto found = keys.find(key);
    if (found != keys.end() && found->second == record) keys.erase(found);
  };
  if (!ns_.IsOplog()) erase(ids_, OrderKey(body["_id"]));
  for (Index& index : indexes_) {
    if (!index.unique()) continue;
    for (const std::string& key : IndexKeys(index.pattern(), body)) erase(index.unique_keys, key);
  }
  --count_;
  bytes_ -= static_cast<std::int64_t>(body.bytes().size());
}

void Collection::Put(const RecordId& record, Body body, std::uint64_t timestamp,
                     std::uint64_t oldest) {
  Record& history = records_[record];
  if (const Body before = history.At(kLatest)) RemoveKeys(record, *before);
  if (body) AddKeys(record, *body);
  if (!clustered_) next_record_ = std::max(next_record_, NumberFromRecordId(record) + 1);
  history.versions.push_back({timestamp, std::move(body)});
  Forget(record, oldest);
}

void Collection::Forget(const RecordId& record, std::uint64_t oldest) {
  const auto found = records_.find(record);
  if (found == records_.end()) return;
  std::vector<Record::Version>& versions = found->second.versions;
  std::size_t unseen = 0;
  while (unseen + 1 < versions.size() && versions[unseen + 1].from <= oldest) ++unseen;
  versions.erase(versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(unseen));
  if (versions.size() == 1 && !versions[0].body && versions[0].from <= oldest) {
    records_.erase(found);
  }
}

RecordId RecordIdFromNumber(std::uint64_t number) {
  RecordId record(8, '\0');
  for (int i = 7; i >= 0; --i) {
    record[static_cast<std::size_t>(i)] = static_cast<char>(number);
    number >>= 8;
  }
  return record;
}

std::uint64_t NumberFromRecordId(const RecordId& record) {
  std::uint64_t number = 0;
  for (const char c : record) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace dbstow::doubles::mongodb
