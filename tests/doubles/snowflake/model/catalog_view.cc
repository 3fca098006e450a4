#include "doubles/snowflake/model/catalog_view.h"

#include <algorithm>

namespace dbstow::doubles::snowflake {
namespace {

bool SharesNames(ObjectKind a, ObjectKind b) {
  const auto relation = [](ObjectKind kind) {
    return kind == ObjectKind::kTable || kind == ObjectKind::kView;
  };
  return a == b || (relation(a) && relation(b));
}

bool IsSeen(const Object& object, const std::string& session) {
  return object.session.empty() || object.session == session;
}

}  // namespace

const Object* CatalogView::Find(Id id) const {
  const auto found = objects().find(id);
  return found == objects().end() ? nullptr : found->second.get();
}

const Object* CatalogView::FindChild(ObjectKind kind, Id container, const std::string& name,
                                     const std::string& session) const {
  const Object* found = nullptr;
  for (const auto& [id, object] : objects()) {
    if (!object->live() || object->container() != container || object->name() != name) continue;
    if (!SharesNames(object->kind, kind) || !IsSeen(*object, session)) continue;
    if (found == nullptr || !object->session.empty()) found = object.get();
  }
  return found;
}

std::vector<const Object*> CatalogView::Children(ObjectKind kind, Id container,
                                                 const std::string& session) const {
  std::vector<const Object*> found;
  for (const auto& [id, object] : objects()) {
    if (object->kind == kind && object->live() && object->container() == container &&
        IsSeen(*object, session)) {
      found.push_back(object.get());
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Object* a, const Object* b) { return a->name() < b->name(); });
  return found;
}

std::vector<const Object*> CatalogView::ChildrenAt(ObjectKind kind, Id container,
                                                   Version version) const {
  std::vector<const Object*> found;
  for (const auto& [id, object] : objects()) {
    if (object->kind != kind || !object->session.empty()) continue;
    const Placement* placement = object->PlacementAt(version);
    if (placement != nullptr && placement->live && placement->container == container) {
      found.push_back(object.get());
    }
  }
  return found;
}

bool CatalogView::CanUndrop(const Object& object, Nanos now) const {
  return !object.live() && object.session.empty() &&
         now - object.dropped <= object.retention_at_drop * kNanosPerDay &&
         object.retention_at_drop > 0;
}

std::vector<const Object*> CatalogView::Dropped(ObjectKind kind, Id container,
                                                const std::string& name, Nanos now) const {
  std::vector<const Object*> found;
  for (const auto& [id, object] : objects()) {
    if (object->kind == kind && object->container() == container && object->name() == name &&
        CanUndrop(*object, now)) {
      found.push_back(object.get());
    }
  }
  std::sort(found.begin(), found.end(), [](const Object* a, const Object* b) {
    return std::pair(a->placement().from, a->id) > std::pair(b->placement().from, b->id);
  });
  return found;
}

bool CatalogView::IsTransient(const Object& object) const {
  for (const Object* at = &object; at != nullptr && at->kind != ObjectKind::kAccount;
       at = Find(at->container())) {
    if (at->transient || !at->session.empty()) return true;
  }
  return false;
}

int CatalogView::MostRetentionDays(const Object& object) const {
  return IsTransient(object) || !is_enterprise() ? 1 : 90;
}

int CatalogView::RetentionDays(const Object& object) const {
  int days = 1;
  for (const Object* at = &object; at != nullptr; at = Find(at->container())) {
    if (at->retention) {
      days = *at->retention;
      break;
    }
  }
  if (!IsTransient(object)) {
    days =
        std::max(days, std::atoi(account().Option("MIN_DATA_RETENTION_TIME_IN_DAYS", "0").c_str()));
  }
  return std::min(days, MostRetentionDays(object));
}

Nanos CatalogView::ReadableFrom(const Object& object, Nanos now) const {
  const int days = object.live() ? RetentionDays(object) : object.retention_at_drop;
  return std::max({object.readable_from, object.created, now - days * kNanosPerDay});
}

Version CatalogView::latest() const { return commits().empty() ? 0 : commits().back().version; }

Version CatalogView::VersionAt(Nanos time, TimePoint::Side side) const {
  const auto& all = commits();
  const auto after =
      side == TimePoint::Side::kAt
          ? std::upper_bound(all.begin(), all.end(), time,
                             [](Nanos t, const CommitRecord& c) { return t < c.time; })
          : std::lower_bound(all.begin(), all.end(), time,
                             [](const CommitRecord& c, Nanos t) { return c.time < t; });
  return after == all.begin() ? 0 : std::prev(after)->version;
}

Name CatalogView::QualifiedName(const Object& object) const {
  Name name;
  for (const Object* at = &object; at != nullptr && at->kind != ObjectKind::kAccount;
       at = Find(at->container())) {
    name.parts.insert(name.parts.begin(), at->name());
  }
  return name;
}

}  // namespace dbstow::doubles::snowflake
