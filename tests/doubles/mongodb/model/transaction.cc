#include "doubles/mongodb/model/transaction.h"

#include "doubles/mongodb/bson/order.h"

namespace dbstow::doubles::mongodb {
namespace {

/// The key beside `after` in a map of records; none at the end.
template <class Map>
std::optional<RecordId> Beside(const Map& map, const RecordId* after, View::Direction direction) {
  if (direction == View::Direction::kForward) {
    const auto found = after == nullptr ? map.begin() : map.upper_bound(*after);
    if (found == map.end()) return std::nullopt;
    return found->first;
  }
  const auto found = after == nullptr ? map.end() : map.lower_bound(*after);
  if (found == map.begin()) return std::nullopt;
  return std::prev(found)->first;
}

}  // namespace

const std::map<RecordId, Body>* View::Own(const Collection& collection) const {
  if (transaction_ == nullptr) return nullptr;
  const auto found = transaction_->by_collection.find(collection.uuid());
  return found == transaction_->by_collection.end() ? nullptr : &found->second;
}

Body View::Get(const Collection& collection, const RecordId& record) const {
  if (const auto* own = Own(collection)) {
    const auto found = own->find(record);
    if (found != own->end()) return found->second;
  }
  return collection.Get(record, at_);
}

std::optional<std::pair<RecordId, Body>> View::Next(const Collection& collection,
                                                    const RecordId* after,
                                                    Direction direction) const {
  const auto* own = Own(collection);
  std::optional<RecordId> at = after == nullptr ? std::nullopt : std::optional(*after);
  while (true) {
    const RecordId* from = at ? &*at : nullptr;
    std::optional<RecordId> next = Beside(collection.records(), from, direction);
    if (own != nullptr) {
      const std::optional<RecordId> other = Beside(*own, from, direction);
      const bool nearer =
          other && (!next || (direction == Direction::kForward ? *other < *next : *other > *next));
      if (nearer) next = other;
    }
    if (!next) return std::nullopt;
    if (Body body = Get(collection, *next)) return std::pair(std::move(*next), std::move(body));
    at = std::move(next);
  }
}

std::optional<std::pair<RecordId, Body>> View::FindById(const Collection& collection,
                                                        const std::string& id_key) const {
  const auto held_by = collection.FindById(id_key);
  if (held_by) {
    if (Body body = Get(collection, *held_by)) return std::pair(*held_by, std::move(body));
  }
  if (IsLatest() && !collection.ns().IsOplog()) return std::nullopt;
  // Removed since, or only in the transaction, or the oplog, which has no index of `_id`.
  std::optional<std::pair<RecordId, Body>> at;
  while ((at = Next(collection, at ? &at->first : nullptr, Direction::kForward))) {
    if (OrderKey(Document(*at->second)["_id"]) == id_key) return at;
  }
  return std::nullopt;
}

}  // namespace dbstow::doubles::mongodb
